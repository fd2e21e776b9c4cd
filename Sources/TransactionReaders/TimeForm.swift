/// How times are written in an input, chosen once per input by its first time.
///
/// All are read as UTC unless they carry an offset.
public enum TimeForm: String, Sendable, CaseIterable {
  /// `2010-12-01`, `2010-12-01 08:26:00`, `2010-12-01T08:26:00.5Z`, `...+02:00`.
  case iso8601 = "ISO 8601"
  /// `01-12-2010`, with a time as in ISO 8601 if need be.
  case dayMonthYear = "DD-MM-YYYY"
  /// An integer: seconds since 1970.
  case epochSeconds = "seconds since 1970"

  /// The form in which a time can be read, nil where there is none; the forms exclude each other.
  init?(of bytes: Span<UInt8>) {
    for form in Self.allCases where form.microseconds(bytes) != nil {
      self = form
      return
    }
    return nil
  }

  /// Microseconds since 1970 in UTC; nil where the text is not in this form or no such time exists.
  func microseconds(_ bytes: Span<UInt8>) -> Int64? {
    var index = 0
    switch self {
    case .epochSeconds:
      guard let seconds = Int64(String(decoding: bytes)) else { return nil }
      let (result, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? nil : result
    case .iso8601:
      guard let year = digits(bytes, &index, 4), skip(bytes, &index, "-"),
        let month = digits(bytes, &index, 2), skip(bytes, &index, "-"),
        let day = digits(bytes, &index, 2)
      else { return nil }
      return microseconds(bytes, &index, year: year, month: month, day: day)
    case .dayMonthYear:
      guard let day = digits(bytes, &index, 2), skip(bytes, &index, "-"),
        let month = digits(bytes, &index, 2), skip(bytes, &index, "-"),
        let year = digits(bytes, &index, 4)
      else { return nil }
      return microseconds(bytes, &index, year: year, month: month, day: day)
    }
  }

  /// Reads what follows the date, up to the end.
  private func microseconds(
    _ bytes: Span<UInt8>, _ index: inout Int, year: Int, month: Int, day: Int
  ) -> Int64? {
    guard let days = Self.daysSince1970(year: year, month: month, day: day) else { return nil }
    let date = Int64(days) * 86_400_000_000
    if index == bytes.count { return date }
    guard skip(bytes, &index, " ") || skip(bytes, &index, "T"),
      let hour = digits(bytes, &index, 2), hour < 24, skip(bytes, &index, ":"),
      let minute = digits(bytes, &index, 2), minute < 60
    else { return nil }
    var seconds = hour * 3600 + minute * 60
    var fraction = 0
    if skip(bytes, &index, ":") {
      guard let second = digits(bytes, &index, 2), second < 60 else { return nil }
      seconds += second
      if skip(bytes, &index, ".") {
        var scale = 1_000_000
        let start = index
        while let digit = digits(bytes, &index, 1) {
          scale /= 10  // digits beyond microseconds count nothing
          fraction += digit * scale
        }
        if index == start { return nil }
      }
    }
    if !skip(bytes, &index, "Z"), index < bytes.count {
      let sign = skip(bytes, &index, "+") ? 1 : skip(bytes, &index, "-") ? -1 : 0
      guard sign != 0, let hours = digits(bytes, &index, 2), hours < 24 else { return nil }
      var minutes = 0
      if index < bytes.count {
        _ = skip(bytes, &index, ":")
        guard let read = digits(bytes, &index, 2), read < 60 else { return nil }
        minutes = read
      }
      seconds -= sign * (hours * 3600 + minutes * 60)
    }
    return index == bytes.count ? date + Int64(seconds) * 1_000_000 + Int64(fraction) : nil
  }

  /// Days from 1970-01-01 in the Gregorian calendar; nil where there is no such day.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int? {
    guard (1...12).contains(month), day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[month - 1] else { return nil }
    // Years counted from March put the leap day last; 400 years have 146,097 days.
    let shifted = month <= 2 ? year + 399 : year + 400
    let cycle = shifted / 400
    let yearOfCycle = shifted % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
    return (cycle - 1) * 146_097 + dayOfCycle - 719_468
  }

  /// Takes exactly `count` digits.
  private func digits(_ bytes: Span<UInt8>, _ index: inout Int, _ count: Int) -> Int? {
    guard index + count <= bytes.count else { return nil }
    var value = 0
    for offset in 0..<count {
      let digit = bytes[index + offset] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value * 10 + Int(digit)
    }
    index += count
    return value
  }

  private func skip(_ bytes: Span<UInt8>, _ index: inout Int, _ byte: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }
}

extension String {
  /// Text from bytes; invalid UTF-8 is repaired.
  init(decoding bytes: Span<UInt8>) {
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    self = String(decoding: copy, as: UTF8.self)
  }

  /// A cell for a message: in quotes, shortened.
  init(quoting bytes: Span<UInt8>) {
    let isLong = bytes.count > 60
    let shown = String(decoding: isLong ? bytes.extracting(0..<60) : bytes)
    self = isLong ? "\"\(shown)...\"" : "\"\(shown)\""
  }
}
