/// The one source of choices of a simulated world: SplitMix64, so that a seed says everything.
///
/// G. Steele, D. Lea, C. Flood: Fast splittable pseudorandom number generators. OOPSLA 2014.
struct Chance {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to `count - 1`; 0 where `count` is not positive.
  mutating func below(_ count: Int) -> Int {
    guard count > 0 else { return 0 }
    return Int(truncatingIfNeeded: bits().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// A number of the range.
  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  /// A duration of the range, in microseconds.
  mutating func duration(_ range: ClosedRange<UInt64>) -> UInt64 {
    range.lowerBound + bits().multipliedFullWidth(by: range.upperBound - range.lowerBound + 1).high
  }

  /// True so many times in a thousand.
  mutating func perMille(_ share: Int) -> Bool { below(1_000) < share }

  /// One of the elements; nil of none.
  mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }

  /// Another source, for something whose choices must not shift those of the rest.
  mutating func split() -> Chance { Chance(seed: bits()) }
}
