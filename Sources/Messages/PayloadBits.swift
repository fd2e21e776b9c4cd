// Codes of single bits, the least significant bit of a byte first.
//
// Every code is at most 57 bits long, so that one unaligned load of eight bytes holds it wherever in
// a byte it begins.

/// Writes codes one after the other.
struct BitWriter {
  private var words: [UInt64] = []
  private var pending: UInt64 = 0
  /// How many bits of `pending` are taken, 0...63.
  private var used = 0

  /// Appends the low `length` bits of `bits`, the others of which are 0; at most 57.
  @inline(__always)
  mutating func append(_ bits: UInt64, length: Int) {
    pending |= bits &<< UInt64(used)
    used += length
    if used >= 64 {
      words.append(pending)
      used -= 64
      pending = bits >> UInt64(length - used)
    }
  }

  /// All codes; the last byte is filled with 0.
  consuming func bytes() -> [UInt8] {
    let length = 8 * words.count + (used + 7) / 8
    if used > 0 { words.append(pending) }
    var bytes = unsafe words.map(\.littleEndian).withUnsafeBytes { unsafe [UInt8]($0) }
    bytes.removeLast(bytes.count - length)
    return bytes
  }
}

/// At least 57 bits from `bit` on; beyond the end all are 0.
@inline(__always)
func window(_ bytes: RawSpan, at bit: Int) -> UInt64 {
  let byte = bit >> 3
  guard byte + 8 <= bytes.byteCount else { return lastWindow(bytes, at: bit) }
  let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: byte, as: UInt64.self)
  return UInt64(littleEndian: word) &>> UInt64(bit & 7)
}

private func lastWindow(_ bytes: RawSpan, at bit: Int) -> UInt64 {
  var word: UInt64 = 0
  for byte in stride(from: min(bytes.byteCount, bit >> 3 + 8), to: bit >> 3, by: -1) {
    let next = unsafe bytes.unsafeLoad(fromByteOffset: byte - 1, as: UInt8.self)
    word = word << 8 | UInt64(next)
  }
  return word &>> UInt64(bit & 7)
}

/// How the numbers of a list are written.
enum BitCode: Equatable {
  /// The number without its low bits in unary (so many zeros, then a one), then the low bits.
  ///
  /// Numbers whose unary part would have ``escapeLength`` zeros or more are 32 bits after so many.
  case rice(lowBits: Int)
  /// (The number without its low bits) + 1: its length in unary, its bits below the highest; then
  /// the low bits. Cheaper than Rice codes where a few numbers are far above the others.
  case exponential(lowBits: Int)

  static let escapeLength = 24

  /// The byte that names the code in a payload.
  var byte: UInt8 {
    switch self {
    case .rice(let lowBits): UInt8(lowBits)
    case .exponential(let lowBits): 32 + UInt8(lowBits)
    }
  }

  /// The code that a payload names; nil where there is none.
  init?(byte: UInt8) {
    switch byte {
    case 0..<32: self = .rice(lowBits: Int(byte))
    case 32..<64: self = .exponential(lowBits: Int(byte) - 32)
    default: return nil
    }
  }

  /// The bits that `value` needs.
  @inline(__always)
  func length(of value: UInt32) -> Int {
    switch self {
    case .rice(let lowBits):
      let high = Int(value) >> lowBits
      return high < Self.escapeLength ? high + 1 + lowBits : Self.escapeLength + 32
    case .exponential(let lowBits):
      let high = (UInt64(value) >> UInt64(lowBits)) + 1
      return 2 * (63 - high.leadingZeroBitCount) + 1 + lowBits
    }
  }

  @inline(__always)
  func write(_ value: UInt32, to writer: inout BitWriter) {
    switch self {
    case .rice(let lowBits):
      let high = Int(value) >> lowBits
      let low = UInt64(value) & (1 << UInt64(lowBits) - 1)
      if high < Self.escapeLength {
        writer.append(
          1 << UInt64(high) | low << UInt64(high + 1), length: high + 1 + lowBits)
      } else {
        writer.append(UInt64(value) << UInt64(Self.escapeLength), length: Self.escapeLength + 32)
      }
    case .exponential(let lowBits):
      let high = (UInt64(value) >> UInt64(lowBits)) + 1
      let digits = 63 - high.leadingZeroBitCount
      let below = high - 1 << UInt64(digits)
      let low = UInt64(value) & (1 << UInt64(lowBits) - 1)
      let code = 1 << UInt64(digits) | below << UInt64(digits + 1)
      writer.append(
        code | low << UInt64(2 * digits + 1), length: 2 * digits + 1 + lowBits)
    }
  }
}

/// The number and length of the Rice code that a window begins with; a number over 32 bits is none.
@inline(__always)
func riceCode(in window: UInt64, lowBits: Int) -> (value: UInt64, length: Int) {
  let high = window.trailingZeroBitCount
  if high < BitCode.escapeLength {
    let low = window &>> UInt64(high &+ 1) & (1 &<< UInt64(lowBits) &- 1)
    return (UInt64(high) &<< UInt64(lowBits) | low, high &+ 1 &+ lowBits)
  }
  let value = window &>> UInt64(BitCode.escapeLength) & 0xFFFF_FFFF
  // What has a short code must use it.
  let isCanonical = value &>> UInt64(lowBits) >= UInt64(BitCode.escapeLength)
  return (isCanonical ? value : .max, BitCode.escapeLength &+ 32)
}

/// The number and length of the exponential code that a window begins with.
@inline(__always)
func exponentialCode(in window: UInt64, lowBits: Int) -> (value: UInt64, length: Int) {
  let digits = window.trailingZeroBitCount
  let length = 2 &* digits &+ 1 &+ lowBits
  guard length <= 57 else { return (.max, 1) }
  let rest = window &>> UInt64(digits &+ 1)
  let below = rest & (1 &<< UInt64(digits) &- 1)
  let low = rest &>> UInt64(digits) & (1 &<< UInt64(lowBits) &- 1)
  let high = (1 &<< UInt64(digits) | below) &- 1
  return (high &<< UInt64(lowBits) | low, length)
}
