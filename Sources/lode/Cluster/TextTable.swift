import Itemsets

/// A small table for people: aligned columns, titles in the first row.
struct TextTable {
  private var rows: [[String]]
  private let rightAligned: Set<Int>

  /// - Parameter titles: those of numeric columns end in `>` and are set flush right.
  init(_ titles: [String]) {
    rightAligned = Set(titles.indices.filter { titles[$0].hasSuffix(">") })
    rows = [titles.map { $0.hasSuffix(">") ? String($0.dropLast()) : $0 }]
  }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines, without blanks at their ends.
  var lines: [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? padding + cell : cell + padding
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

/// `1,234,567` bytes as `1.2 MiB`.
func readable(bytes: UInt64) -> String {
  if bytes < 1024 { return "\(bytes) B" }
  var tenths = bytes
  var unit = ""
  for name in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
    let isFirst = unit.isEmpty
    unit = name
    tenths = isFirst ? bytes / 1024 * 10 + bytes % 1024 * 10 / 1024 : tenths / 1024
    if tenths < 10 * 1024 { break }
  }
  return tenths < 100 ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(tenths / 10) \(unit)"
}

/// Milliseconds as `0.25 s`, `3.4 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`.
func readable(milliseconds: UInt64) -> String {
  let seconds = milliseconds / 1000
  switch seconds {
  case 0..<60:
    let hundredths = milliseconds % 1000 / 10
    return "\(seconds).\(hundredths < 10 ? "0" : "")\(hundredths) s"
  case 60..<3600: return "\(seconds / 60) min \(seconds % 60) s"
  case 3600..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
  default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
  }
}

/// Milliseconds since 1970 as `2026-11-22 07:05:09`, UTC; empty for 0.
func readable(unixMilliseconds: UInt64) -> String {
  if unixMilliseconds == 0 { return "" }
  let seconds = unixMilliseconds / 1000
  // Days to a date of the Gregorian calendar, by Howard Hinnant's civil_from_days.
  let days = seconds / 86_400 + 719_468
  let era = days / 146_097
  let dayOfEra = days % 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return "\(year)-\(two(month))-\(two(day))"
    + " \(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
}
