import AssociationRules
import Glibc
import Itemsets
import Testing

@testable import Reports

/// A folder that is removed with all it holds.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() throws {
    var template = Array("/tmp/lode-reports-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) } != nil
    }
    try #require(made)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in names { _ = unlink("\(path)/\(name)") }
    _ = rmdir(path)
  }

  /// What the folder holds, in order of name.
  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// The whole text of a file; nil where there is none.
func contents(_ path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { break }
    bytes += chunk[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Items by name in rank order; their places follow the names' bytes, or integers where all are.
func rankedItems(_ names: [String]) -> RankedItems {
  let integers = names.compactMap { Int($0) }
  let order = names.indices.sorted { left, right in
    integers.count == names.count
      ? integers[left] < integers[right]
      : names[left].utf8.lexicographicallyPrecedes(names[right].utf8)
  }
  var places = [UInt32](repeating: 0, count: names.count)
  for (place, rank) in order.enumerated() { places[rank] = UInt32(place) }
  var bytes: [UInt8] = []
  var ends: [Int] = []
  for name in names {
    bytes += Array(name.utf8)
    ends.append(bytes.count)
  }
  return RankedItems(
    ids: names.indices.map { UInt32($0) }, counts: names.indices.map { UInt64($0 + 1) },
    places: places, names: bytes, nameEnds: ends)
}

extension ItemsetBatch {
  mutating func add(_ ranks: [UInt32], _ count: UInt64) {
    items += ranks
    ends.append(items.count)
    counts.append(count)
  }
}

extension RuleBatch {
  mutating func add(_ antecedent: [UInt32], _ consequent: [UInt32], _ counts: RuleCounts) {
    items += antecedent
    antecedentEnds.append(items.count)
    items += consequent
    ends.append(items.count)
    self.counts.append(counts)
  }
}

extension RuleCounts {
  init(_ both: UInt64, _ antecedent: UInt64, _ consequent: UInt64, _ transactions: UInt64) {
    self.init(
      both: both, antecedent: antecedent, consequent: consequent, transactions: transactions)
  }
}

/// The text that goes through an output buffer into a file without a name.
func captured(
  _ body: (consuming OutputBuffer) throws -> ReportSummary
) throws -> (text: String, summary: ReportSummary) {
  let descriptor = try #require(openNamelessFile(in: "/tmp"))
  defer { close(descriptor) }
  let summary = try body(OutputBuffer(.descriptor(descriptor, name: "test")))
  let size = Int(lseek(descriptor, 0, SEEK_END))
  var bytes = [UInt8](repeating: 0, count: size)
  #expect(pread(descriptor, &bytes, size, 0) == size)
  return (String(decoding: bytes, as: UTF8.self), summary)
}

/// What a report of rules writes, batch by batch.
func written(
  _ batches: [RuleBatch], _ items: RankedItems, _ options: ReportOptions
) throws -> (text: String, summary: ReportSummary) {
  try captured { output in
    var report = try RuleReport(items: items, options: options, output: output)
    for batch in batches { try report.append(batch) }
    return try report.finish()
  }
}

/// What a report of itemsets writes, batch by batch.
func written(
  _ batches: [ItemsetBatch], _ items: RankedItems, of transactions: UInt64,
  _ options: ReportOptions
) throws -> (text: String, summary: ReportSummary) {
  try captured { output in
    var report = try ItemsetReport(
      items: items, transactions: transactions, options: options, output: output)
    for batch in batches { try report.append(batch) }
    return try report.finish()
  }
}
