import Apriori
import Blocks
import Itemsets
import Messages

/// Checks of answers against what brute force says.
extension World {
  /// The levels of a result stand for exactly the frequent itemsets, with their counts.
  func checkResults(_ objects: [[UInt8]], of results: ResultDescription, _ plan: JobPlan) {
    let data = scenario.dataSets[plan.dataSet]
    do {
      let items = try RankedItems(decoding: objects[0])
      let levels = try objects.dropFirst().map { try Level(decoding: $0) }
      var expansion = ExpandedResult(itemCount: data.names.count)
      try expansion.expand(
        levels, ranks: maskOfRanks(items, data), transactionCount: UInt64(data.transactions.count))
      try expansion.compare(with: data, plan)
      progress.deepestJob = max(progress.deepestJob, levels.count)
      note("\(results.job.id) is right: \(levels.count) levels, \(expansion.itemsetCount) itemsets")
    } catch {
      fail("results", "\(results.job.id) (minimum support \(plan.minimumCount)): \(error)")
    }
  }

  private func maskOfRanks(_ items: RankedItems, _ data: GeneratedDataSet) throws -> [UInt16] {
    try (0..<items.count).map { rank in
      let name = items.name(rank)
      guard let item = data.names.firstIndex(of: name) else {
        throw ResultError(description: "rank \(rank) is called \(name), which no item is")
      }
      guard items.counts[rank] == UInt64(data.counts[1 << item]) else {
        throw ResultError(
          description: "\(name) is said to be in \(items.counts[rank]) transactions and is in"
            + " \(data.counts[1 << item])")
      }
      return 1 << UInt16(item)
    }
  }

  func checkFigures(_ summary: JobSummary, _ plan: JobPlan) {
    let data = scenario.dataSets[plan.dataSet]
    if summary.minimumSupport != plan.minimumCount
      || summary.transactionCount != UInt64(data.transactions.count)
    {
      fail(
        "job",
        "\(summary.id) mined \(summary.transactionCount) transactions at \(summary.minimumSupport),"
          + " not \(data.transactions.count) at \(plan.minimumCount)")
    }
  }

  func checkAdded(_ summary: DataSetSummary, dataSet: Int) {
    let data = scenario.dataSets[dataSet]
    let itemCount = data.names.indices.count { data.counts[1 << $0] > 0 }
    if summary.transactionCount != UInt64(data.transactions.count)
      || summary.itemCount != UInt64(itemCount) || summary.name.text != data.name
    {
      fail("ingest", "\(summary.name) was added as something else than was sent")
    }
  }

  /// Every copy of every acknowledged data set holds exactly the transactions that were sent.
  func checkReadable() {
    for record in catalog.dataSets {
      guard let data = scenario.dataSets.first(where: { $0.name == record.name.text }) else {
        continue  // An ingest that was given up and yet came to its end.
      }
      do {
        let dictionary = try DictionarySegment(
          decoding: bytes(of: record.dictionary)
        ).dictionary()
        var masks: [UInt16] = []
        for object in record.shards.flatMap(\.blocks) {
          let block = try BlockFormat.decode(bytes(of: object))
          masks += try self.masks(of: block, dictionary, data)
        }
        if masks != data.transactions { fail("data", "\(record.name) is not what was sent") }
      } catch {
        fail("data", "\(record.name) cannot be read: \(error)")
      }
    }
  }

  private func bytes(of object: ObjectDescriptor) throws -> [UInt8] {
    for worker in workers where worker.disk.holds(object) {
      if let bytes = worker.disk.bytes(of: object.id) { return bytes }
    }
    throw ResultError(description: "\(object.id) is lost")
  }

  private func masks(
    of block: Block, _ dictionary: ItemDictionary, _ data: GeneratedDataSet
  ) throws -> [UInt16] {
    var masks = [UInt16](repeating: 0, count: block.transactionCount)
    for (index, id) in block.itemIDs.enumerated() {
      let name = dictionary.name(Int(id))
      guard let item = data.names.firstIndex(of: name) else {
        throw ResultError(description: "block \(block.sequenceNumber) has the strange item \(name)")
      }
      var rows: [UInt16] = []
      block.rows(of: block.containers[index], into: &rows)
      for row in rows { masks[Int(row)] |= 1 << UInt16(item) }
    }
    return masks
  }
}

/// An answer that is wrong.
struct ResultError: Error, CustomStringConvertible {
  let description: String
}

/// All itemsets that closed levels stand for, by mask.
///
/// Written from the description of the format alone; shares no code with what it checks.
struct ExpandedResult {
  /// The count of each itemset that came up; nil for the others.
  private var counts: [UInt64?]
  /// The count of each core, and the perfect extensions of all nodes on its path, its own included.
  private var coreCounts: [(core: Int, count: UInt64)] = []
  private var extensionsOfPath: [UInt16]
  private(set) var itemsetCount = 0

  init(itemCount: Int) {
    counts = Array(repeating: nil, count: 1 << itemCount)
    extensionsOfPath = Array(repeating: 0, count: 1 << itemCount)
  }

  mutating func expand(_ levels: [Level], ranks: [UInt16], transactionCount: UInt64) throws {
    coreCounts = [(0, transactionCount)]
    for (index, level) in levels.enumerated() {
      guard level.length == index + 1 else {
        throw ResultError(description: "level \(index + 1) has cores of \(level.length) items")
      }
      for segment in level.segments { try read(segment, length: level.length, ranks) }
    }
    for (core, count) in coreCounts {
      let optional = Int(extensionsOfPath[core])
      var subset = 0
      repeat {
        try add(core | subset, count)
        subset = (subset - optional) & optional
      } while subset != 0
    }
  }

  private mutating func add(_ mask: Int, _ count: UInt64) throws {
    if mask == 0 { return }
    guard counts[mask] == nil else {
      throw ResultError(description: "itemset \(mask) comes twice")
    }
    counts[mask] = count
    itemsetCount += 1
  }

  private mutating func read(_ segment: LevelSegment, length: Int, _ ranks: [UInt16]) throws {
    let words = segment.words
    var path = [UInt32](repeating: 0, count: length - 1)
    var offset = 0
    var node = 0
    for _ in 0..<segment.groupCount {
      let (shared, perfect, extensions) = (
        Int(words[offset]), Int(words[offset + 1]), Int(words[offset + 2])
      )
      offset += 3
      for place in shared..<(length - 1) {
        path[place] = words[offset]
        offset += 1
      }
      let pathMask = path.reduce(0) { $0 | Int(ranks[Int($1)]) }
      for rank in words[offset..<(offset + perfect)] {
        extensionsOfPath[pathMask] |= ranks[Int(rank)]
      }
      offset += perfect
      for rank in words[offset..<(offset + extensions)] {
        let core = pathMask | Int(ranks[Int(rank)])
        coreCounts.append((core, segment.counts[node]))
        extensionsOfPath[core] |= extensionsOfPath[pathMask]
        node += 1
      }
      offset += extensions
    }
  }

  func compare(with data: GeneratedDataSet, _ plan: JobPlan) throws {
    for mask in 1..<counts.count {
      if let limit = plan.maximumLevel, mask.nonzeroBitCount > limit { continue }
      let expected = data.expected(minimumSupport: plan.minimumCount, mask: mask)
      guard counts[mask] != expected else { continue }
      let names = data.names.indices.filter { mask >> $0 & 1 == 1 }.map { data.names[$0] }
      throw ResultError(
        description: "{\(names.joined(separator: ", "))} has count"
          + " \(counts[mask].map(String.init) ?? "none"), and"
          + " \(expected.map(String.init) ?? "none") is right")
    }
  }
}
