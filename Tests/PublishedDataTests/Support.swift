import CommandRunner
import Foundation
import Testing

/// The published data sets; a test that needs them says so and ends where they are not.
struct PublishedData {
  let path: String

  init?() {
    guard let path = ProcessInfo.processInfo.environment["LODE_TEST_DATA"], !path.isEmpty else {
      print("skipped: LODE_TEST_DATA is not set")
      return nil
    }
    self.path = path
  }

  /// What mining must find.
  func expectations() throws -> [Expectation] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Expectation].self, from: Data(readFile("\(path)/expected.json")))
  }

  /// Runs `lode mine` on a data set.
  func mine(
    _ name: String, _ options: String, output: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let outcome = try CommandRunner.run(
      ["mine", "\(path)/\(name)"] + options.split(separator: " ").map(String.init),
      in: TemporaryFolder(), output: output)
    try #require(outcome.status == 0, "\(outcome.messages)", sourceLocation: sourceLocation)
    return outcome
  }

  /// The number of rows that `lode mine` writes, which must be what it says.
  func count(
    _ name: String, _ options: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Int {
    let outcome = try mine(name, options, sourceLocation: sourceLocation)
    let rows = outcome.output.count { $0 == UInt8(ascii: "\n") } - 1
    let kind = options.contains("--target") ? " itemset" : " rule"
    let summary = try #require(outcome.messageLines.last, sourceLocation: sourceLocation)
    #expect(
      summary.contains("\(grouped(rows))\(kind)") || summary.hasPrefix("\(grouped(rows)) "),
      "\(rows) rows, but: \(summary)", sourceLocation: sourceLocation)
    return rows
  }
}

/// An entry of `expected.json`.
struct Expectation: Decodable, CustomTestStringConvertible {
  struct Rules: Decodable {
    let singleConsequent: Int
    let anyConsequent: Int
  }

  let dataset: String
  let transactions: Int
  let minsupAbs: Int
  let frequent: Int
  let closed: Int
  let maximal: Int
  let byLevel: [String: Int]
  let sha256: String
  let rules: [String: Rules]?

  var testDescription: String { "\(dataset) at \(minsupAbs)" }
}

/// A number as people read it: 91,273,269.
func grouped(_ number: Int) -> String {
  var text = ""
  for (index, digit) in String(number).reversed().enumerated() {
    if index > 0, index % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}

/// Itemsets of integers with their counts, in canonical order: by length, then by items.
struct CanonicalListing: Equatable {
  /// One row after the other: items, ascending, and then the count.
  private(set) var rows: [[Int]] = []

  /// Reads `items;items,length,count,support` with a header.
  init(csv: [UInt8]) {
    for line in csv.split(separator: UInt8(ascii: "\n")).dropFirst() {
      let cells = line.split(separator: UInt8(ascii: ","))
      rows.append(cells[0].split(separator: UInt8(ascii: ";")).map(Self.number))
      rows[rows.count - 1].append(Self.number(cells[2]))
    }
  }

  /// Reads `items items (count)`, in any order.
  init(fimi: [UInt8]) {
    for line in fimi.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      rows.append(words.dropLast().map(Self.number).sorted())
      rows[rows.count - 1].append(Self.number(words[words.count - 1].dropFirst().dropLast()))
    }
    rows.sort { first, second in
      first.count != second.count
        ? first.count < second.count : first.lexicographicallyPrecedes(second)
    }
  }

  /// The number of itemsets of each length.
  var byLength: [String: Int] {
    Dictionary(grouping: rows) { "\($0.count - 1)" }.mapValues(\.count)
  }

  /// One line for each itemset: `items (count)`.
  var text: [UInt8] {
    var text: [UInt8] = []
    for row in rows {
      for item in row.dropLast() { text += Array("\(item) ".utf8) }
      text += Array("(\(row[row.count - 1]))\n".utf8)
    }
    return text
  }

  /// The SHA-256 of the text, in hexadecimal digits.
  func digest() throws -> String {
    let folder = try TemporaryFolder()
    try folder.write("listing", text)
    let outcome = try CommandRunner.shell("sha256sum < listing", in: folder)
    try #require(outcome.status == 0, "sha256sum is missing")
    return String(outcome.text.prefix(64))
  }

  /// Not a number becomes -1, which no listing holds.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int {
    var number = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return -1 }
      number = number * 10 + Int(digit - 48)
    }
    return number
  }
}
