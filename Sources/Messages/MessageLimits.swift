import Itemsets

/// What a message may hold; every length read from a wire or disk is checked against these first.
///
/// A length is checked against the bytes that are there too, before memory is asked for: most forms
/// need at least a bit an entry, and no more than ``expansion`` bytes come of one compressed byte.
public enum MessageLimits {
  /// Candidates of one range: positions are `UInt32`.
  public static let candidates = 1 << 32
  /// Counts of one report of all counts.
  public static let counts = 1 << 28
  /// Counts of a report of all counts that are written as the few that are not 0.
  public static let sparseCounts = 1 << 20
  /// Ranges of one level.
  public static let ranges = 1 << 24
  /// Items of a job or data set.
  public static let items = 1 << 26
  /// Bytes of all names of a dictionary together.
  public static let nameBytes = Int(UInt32.max)
  /// Ranks in the core of a node.
  public static let levelLength = 65_536
  /// Segments of a level.
  public static let segments = 1 << 24
  /// Nodes, and words, of one segment of a level.
  public static let segmentWords = 1 << 32
  /// Transactions of one chunk on its way from a client.
  public static let chunkTransactions = 1 << 20
  /// Item occurrences of one chunk.
  public static let chunkOccurrences = 1 << 24
  /// Blocks of a data set.
  public static let blocks = 1 << 26
  /// Bytes of one compressed section before compression.
  public static let sectionBytes = 1 << 36
  /// Bytes before compression that are compressed at a time.
  public static let partBytes = 1 << 22
  /// Bytes that LZ4 can make of one byte, at most.
  public static let expansion = 256

  /// Frames of one message, the first two included.
  public static let frames = 65_536
  /// Bytes of one frame with a payload; what is longer is published and fetched.
  public static let frameBytes = 1 << 26
  /// Bytes of the second frame: the control message without its payloads.
  public static let envelopeBytes = 1 << 24
  /// Entries of one list in a control message.
  public static let listLength = 1 << 20
  /// Bytes of one text in a control message.
  public static let textBytes = 1 << 16
  /// Bytes of a manifest.
  public static let manifestBytes = 1 << 28
  /// Bytes of a stored object that is not a block: a level, a dictionary, counts.
  public static let objectBytes = 1 << 30

  /// Why an object is too long to be stored; nil where it is not.
  ///
  /// - Parameter name: what the object is called in the text, as in `level 3 of job-7`.
  public static func problem(storing object: ObjectDescriptor, as name: String) -> String? {
    guard object.id.kind != .block, object.length > UInt64(objectBytes) else { return nil }
    return "\(name) has \(grouped(object.length)) bytes, over the limit objectBytes of"
      + " \(grouped(objectBytes))"
  }
}
