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
    let outcome = try CommandRunner.shell(
      "set -o pipefail; $lode mine '\(path)/\(name)' \(options) | wc -l", in: TemporaryFolder())
    try #require(outcome.status == 0, "\(outcome.messages)", sourceLocation: sourceLocation)
    let lines = outcome.lines.first.flatMap { Int($0) }
    let rows = try #require(lines, sourceLocation: sourceLocation) - 1  // the header
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
