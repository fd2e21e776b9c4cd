import Apriori
import ArgumentParser
import AssociationRules
import Blocks
import Itemsets
import Messages
import Reports
import TransactionReaders
import ZeroMQTransport

struct LimitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Show every limit by name; beyond one a command fails, it never cuts.",
    discussion: """
      Example:
        lode limits
      """)

  @Flag(name: .shortAndLong, help: "No progress and no summary; the limits are still shown.")
  var quiet = false

  func run() throws {
    let blockLimits = [
      ("blockTransactions", BlockLimits.transactions, "transactions in a block"),
      ("blockOccurrences", BlockLimits.occurrences, "item occurrences in a block"),
      ("blockSections", BlockLimits.sections, "sections of an encoded block"),
      ("blockEncodedBytes", BlockLimits.encodedBytes, "bytes of an encoded block"),
      ("blockSetPositions", Projection.positionLimit, "item occurrences counted together"),
      ("indexNodes", ItemsetIndex.nodeLimit, "unexpanded itemsets that rules are made of"),
    ]
    let storeLimits = [
      ("objectBytes", MessageLimits.objectBytes, "bytes of a stored level, dictionary or counts"),
      ("manifestBytes", MessageLimits.manifestBytes, "bytes of the record of a data set or job"),
      ("blocks", MessageLimits.blocks, "blocks of a data set"),
      ("listLength", MessageLimits.listLength, "entries of a list in a message, as of shards"),
      ("nameLength", Name.lengthLimit, "bytes in the name of a data set or worker"),
      ("textBytes", MessageLimits.textBytes, "bytes of a text in a message"),
    ]
    let jobLimits = [
      ("items", MessageLimits.items, "items of a job or data set"),
      ("levelLength", MessageLimits.levelLength, "items in a core, as in an itemset"),
      ("levelSegments", MessageLimits.segments, "segments of a level"),
      ("segmentWords", MessageLimits.segmentWords, "nodes, and words, of a segment"),
      ("ranges", MessageLimits.ranges, "ranges of a level"),
      ("rangeCandidates", MessageLimits.candidates, "candidates of a range"),
      ("reportCounts", MessageLimits.counts, "counts of one report"),
      ("sparseCounts", MessageLimits.sparseCounts, "counts of a report with few that are not 0"),
    ]
    let messageLimits = [
      ("frames", MessageLimits.frames, "frames of a message"),
      ("frameBytes", MessageLimits.frameBytes, "bytes of a frame with a payload"),
      ("envelopeBytes", MessageLimits.envelopeBytes, "bytes of a message without its payloads"),
      ("sectionBytes", MessageLimits.sectionBytes, "bytes of a section before compression"),
      ("partBytes", MessageLimits.partBytes, "bytes compressed at a time"),
      ("expansion", MessageLimits.expansion, "bytes that come of one compressed byte"),
      ("inventoryPart", InventoryPart.lengthLimit, "objects of a part of an inventory"),
      ("chunkTransactions", MessageLimits.chunkTransactions, "transactions sent at a time"),
      ("chunkOccurrences", MessageLimits.chunkOccurrences, "item occurrences sent at a time"),
      ("bulkChunkBytes", BulkLimits.chunkBytesMaximum, "bytes of an object fetched at a time"),
      ("bulkKeyBytes", BulkLimits.keyBytesMaximum, "bytes of a key of a fetch"),
      ("bulkReasonBytes", BulkLimits.reasonBytesMaximum, "bytes of the reason of a refused fetch"),
    ]
    let others = blockLimits + storeLimits + jobLimits + messageLimits
    let rows =
      ReadingLimits.all.map { ($0.name, grouped($0.value), $0.meaning) }
      + others.map { ($0.0, grouped($0.1), $0.2) }
    let nameWidth = rows.map(\.0.count).max() ?? 0
    let valueWidth = rows.map(\.1.count).max() ?? 0
    for (name, value, meaning) in rows {
      let namePad = String(repeating: " ", count: nameWidth - name.count)
      let valuePad = String(repeating: " ", count: valueWidth - value.count)
      print("\(name)\(namePad)  \(valuePad)\(value)  \(meaning)")
    }
  }
}
