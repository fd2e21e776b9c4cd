/// Which messages arrive, and when.
struct Network {
  /// Durations in microseconds, shares in a thousand.
  var delay: ClosedRange<UInt64>
  var lossPerMille: Int
  var duplicatePerMille: Int
  var damagePerMille: Int
  private var cuts: [(from: Int, to: Int, until: UInt64)] = []
  private var chance: Chance

  init(_ scenario: Scenario, chance: Chance) {
    delay = scenario.networkDelay
    lossPerMille = scenario.lossPerMille
    duplicatePerMille = scenario.duplicatePerMille
    damagePerMille = scenario.damagePerMille
    self.chance = chance
  }

  /// Cuts the way from one place to another, not the way back.
  mutating func cut(from: Int, to: Int, until: UInt64) { cuts.append((from, to, until)) }

  /// Faults end; what is slow stays slow.
  mutating func calm() {
    cuts.removeAll()
    lossPerMille = 0
    duplicatePerMille = 0
    damagePerMille = 0
  }

  /// Whether nothing can go from one place to another now.
  func isCut(from: Int, to: Int, at now: UInt64) -> Bool {
    cuts.contains { $0.from == from && $0.to == to && $0.until > now }
  }

  /// When the copies of a message arrive: none where it is lost, two where it is doubled.
  mutating func arrivals(from: Int, to: Int, at now: UInt64) -> (first: UInt64?, second: UInt64?) {
    cuts.removeAll { $0.until <= now }
    if isCut(from: from, to: to, at: now) || chance.perMille(lossPerMille) { return (nil, nil) }
    let first = now + delayOnce()
    return (first, chance.perMille(duplicatePerMille) ? now + 3 * delayOnce() : nil)
  }

  /// How long a transfer of bytes takes.
  mutating func transferTime(byteCount: UInt64) -> UInt64 { 2 * delayOnce() + byteCount / 64 }

  /// Whether a transfer comes to nothing, and which bit of it arrives wrong.
  mutating func transferFails() -> Bool { chance.perMille(lossPerMille) }
  mutating func damagedBit() -> Int? {
    chance.perMille(damagePerMille) ? chance.below(1 << 20) : nil
  }

  /// Mostly short, now and then ten times as long, so that messages overtake each other.
  private mutating func delayOnce() -> UInt64 {
    let usual = chance.duration(delay)
    return chance.perMille(50) ? usual * 10 : usual
  }
}
