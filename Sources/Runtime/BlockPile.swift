public import Blocks

/// The blocks of a data set in order: the first in memory, as many as a limit allows, and the others
/// in a temporary file, from which they are read whenever they are counted in.
public struct BlockPile: Sendable {
  /// Where a block is.
  enum Place: Sendable {
    case memory(Block)
    case file(SpillFile, offset: Int, length: Int)
  }

  /// A block, wherever it is.
  struct Entry: Sendable {
    let transactionCount: Int
    let occurrenceCount: Int
    let byteCount: Int
    let place: Place
  }

  /// Bytes of the blocks in memory.
  public private(set) var byteCount = 0
  /// Whether any block is in the file.
  public var isSpilled: Bool { file != nil }
  /// How many blocks there are.
  public var count: Int { entries.count }

  private(set) var entries: [Entry] = []
  private let memoryLimit: Int
  private let folder: String
  private var file: SpillFile?
  private var fileLength = 0

  /// A pile of no blocks.
  ///
  /// - Parameters:
  ///   - memoryLimit: bytes of blocks in memory.
  ///   - folder: where the file will be, should it be needed.
  public init(memoryLimit: Int, folder: String) {
    self.memoryLimit = memoryLimit
    self.folder = folder
  }

  /// Blocks that all stay in memory.
  public init(_ blocks: [Block]) {
    self.init(memoryLimit: .max, folder: "")
    for block in blocks { keep(block) }
  }

  /// Adds a block.
  ///
  /// - Throws: ``SpillError`` where it does not fit in memory and cannot be written either.
  public mutating func append(_ block: Block) throws(SpillError) {
    if file == nil, block.byteCount <= memoryLimit - byteCount { return keep(block) }
    let file = try openFile()
    let bytes = BlockFormat.encode(block, compresses: false)
    try file.write(bytes, at: fileLength)
    add(block, .file(file, offset: fileLength, length: bytes.count))
    fileLength += bytes.count
  }

  private mutating func keep(_ block: Block) {
    add(block, .memory(block))
    byteCount += block.byteCount
  }

  private mutating func add(_ block: Block, _ place: Place) {
    entries.append(
      Entry(
        transactionCount: block.transactionCount,
        occurrenceCount: block.containers.reduce(0) { $0 + Int($1.cardinality) },
        byteCount: block.byteCount, place: place))
  }

  private mutating func openFile() throws(SpillError) -> SpillFile {
    if let file { return file }
    let file = try SpillFile(in: folder)
    self.file = file
    return file
  }
}
