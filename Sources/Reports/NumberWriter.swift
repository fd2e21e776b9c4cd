/// Writes numbers as `csv`, `json` and `spmf` have them.
///
/// A double is written with the fewest digits that read back as the very same double, in the form of
/// ECMAScript's `Number::toString`, which every reader of csv and json takes: `0.75`, `1`,
/// `0.00001` down to 1e-6 and `1e-7`, `1.25e-9` below; digits in full up to 1e21.
struct NumberWriter: ~Copyable {
  /// The most bytes a number takes.
  static let textLimit = 32

  private let powers = PowersOfTen.shared
  private let tables = DecimalTables.shared
  private var supports = SupportTexts()

  init() {}

  /// Writes a double and returns the end: nothing for an undefined one, `inf` for an infinite one.
  @inline(__always)
  func write(
    _ value: Double, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    writeUsual(value, tables, to: start) ?? writeAny(value, to: start)
  }

  /// What ``write(_:to:)`` does, for any double.
  @inline(never)
  func writeAny(
    _ value: Double, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    guard value > 0, value < .infinity, let decimal = ShortestDecimal(value, powers) else {
      return writeRare(value, to: start)
    }
    return writePlain(decimal, to: start)
  }

  /// Writes `count / transactions` and returns the end; the text of a recent count is reused.
  @inline(__always)
  mutating func writeSupport(
    _ count: UInt64, of transactions: UInt64, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    if let end = supports.copy(count, transactions, to: start) { return end }
    let end = write(Double(count) / Double(transactions), to: start)
    supports.keep(count, transactions, UnsafeBufferPointer(start: start, count: end - start))
    return end
  }

  @inline(never)
  private func writeRare(
    _ value: Double, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    if value.isNaN { return start }
    // The conviction of every rule without exceptions.
    if value == .infinity {
      start[0] = UInt8(ascii: "i")
      start[1] = UInt8(ascii: "n")
      start[2] = UInt8(ascii: "f")
      return start + 3
    }
    if value == 0 {
      start[0] = UInt8(ascii: "0")
      return start + 1
    }
    if value < 0 {
      start[0] = UInt8(ascii: "-")
      return writeAny(-value, to: start + 1)
    }
    // Beyond the powers of ten, where the standard form is that of ECMAScript too: an exponent.
    var end = start
    for byte in value.description.utf8 {
      end[0] = byte
      end += 1
    }
    return end
  }
}

/// Lays out the digits of a decimal and returns the end; at most 25 bytes.
@inline(__always)
private func writePlain(
  _ decimal: ShortestDecimal, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  let length = significantLength(decimal.digits)
  /// Where the decimal point stands, counted from the first digit.
  let point = length + decimal.exponent
  if point <= 0, point > -6 {
    // `0.000000`; what is not needed of it, the digits overwrite.
    let zeros = UInt64(0x3030_3030_3030_2E30).littleEndian
    UnsafeMutableRawPointer(start).storeBytes(of: zeros, as: UInt64.self)
    let end = start + (2 - point + length)
    writeSignificant(decimal.digits, length, endingAt: end)
    return end
  }
  if point > 0, point < length {
    writeSignificant(decimal.digits, length, endingAt: start + length + 1)
    for index in 0..<point { start[index] = start[index + 1] }
    start[point] = UInt8(ascii: ".")
    return start + length + 1
  }
  if point > 0, point <= 21 {
    writeDigits(decimal.digits, endingAt: start + length)
    for index in length..<point { start[index] = UInt8(ascii: "0") }
    return start + point
  }
  return writeExponential(decimal.digits, length, point, to: start)
}

@inline(__always)
private func significantLength(_ digits: UInt64) -> Int {
  if digits >= 1_000_000_000_000_000 {
    return digits >= 10_000_000_000_000_000 ? 17 : 16
  }
  return decimalLength(digits)
}

@inline(__always)
private func writeSignificant(
  _ digits: UInt64, _ length: Int, endingAt end: UnsafeMutablePointer<UInt8>
) {
  if length == 16 || length == 17 {
    writeLongDigits(digits, length: length, endingAt: end)
  } else {
    writeDigits(digits, endingAt: end)
  }
}

@inline(never)
private func writeExponential(
  _ digits: UInt64, _ length: Int, _ point: Int, to start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  writeDigits(digits, endingAt: start + length + 1)
  start[0] = start[1]
  start[1] = UInt8(ascii: ".")
  var end = length == 1 ? start + 1 : start + length + 1
  end[0] = UInt8(ascii: "e")
  end[1] = point > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-")
  end = writeInteger(UInt64((point - 1).magnitude), to: end + 2)
  return end
}

/// The texts of recent supports, which repeat far more often than other measures do.
struct SupportTexts: ~Copyable {
  private static let slotCount = 4096
  private static let stride = 48  // the count, its text's length, the text

  private let slots: UnsafeMutableRawPointer
  private var transactions: UInt64 = 0

  init() {
    slots = .allocate(byteCount: Self.slotCount * Self.stride, alignment: 16)
    forget()
  }

  deinit { slots.deallocate() }

  @inline(__always)
  func copy(
    _ count: UInt64, _ transactions: UInt64, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8>? {
    let slot = slot(count)
    // An empty slot holds the greatest count, which therefore is never kept.
    guard slot.load(as: UInt64.self) == count, transactions == self.transactions, count < .max
    else { return nil }
    let text = (slot + 16).load(as: SIMD32<UInt8>.self)
    UnsafeMutableRawPointer(start).storeBytes(of: text, as: SIMD32<UInt8>.self)
    return start + (slot + 8).load(as: Int.self)
  }

  @inline(never)
  mutating func keep(
    _ count: UInt64, _ transactions: UInt64, _ text: UnsafeBufferPointer<UInt8>
  ) {
    if transactions != self.transactions {
      forget()
      self.transactions = transactions
    }
    guard count < .max, text.count <= 32 else { return }
    let slot = slot(count)
    slot.storeBytes(of: count, as: UInt64.self)
    (slot + 8).storeBytes(of: text.count, as: Int.self)
    UnsafeMutableRawBufferPointer(start: slot + 16, count: 32).copyBytes(from: text)
  }

  private func forget() {
    slots.initializeMemory(as: UInt8.self, repeating: 0xFF, count: Self.slotCount * Self.stride)
  }

  @inline(__always)
  private func slot(_ count: UInt64) -> UnsafeMutableRawPointer {
    let index = Int(truncatingIfNeeded: (count &* 0x9E37_79B9_7F4A_7C15) >> 52)
    return slots + index &* Self.stride
  }
}
