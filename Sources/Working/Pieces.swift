// Cutting block sets into pieces, loading their blocks and projecting them.

import Blocks
import Messages

extension Worker {
  /// Encoded bytes that stand for a transaction: data sets have 2 to 80, and the cut only changes time.
  private static var bytesPerTransaction: Int { 32 }
  /// Blocks times items of a piece: its projection holds a number for each while it is made.
  private static var blockItemLimit: Int { 1 << 23 }

  /// Cuts a block set into pieces of whole shards; none where a shard is not known.
  func pieces(
    of key: CountingKey, shards: [UInt32: ShardDescription], rankCount: Int
  ) -> [PieceAtWork] {
    var pieces: [PieceAtWork] = []
    var open: [ShardDescription] = []
    var transactions = 0
    var bytes = 0
    for number in key.shards {
      guard let shard = shards[number] else { return [] }
      open.append(shard)
      transactions += shard.blocks.reduce(0) { $0 + transactionCount(of: $1) }
      bytes += shard.blocks.reduce(0) { $0 + byteEstimate(of: $1) }
      let blockCount = open.reduce(0) { $0 + $1.blocks.count }
      if transactions >= configuration.transactionsPerProjection
        || blockCount * max(rankCount, 1) >= Self.blockItemLimit
        || bytes >= configuration.pieceLimit
      {
        pieces.append(piece(of: open, job: key.job))
        open = []
        transactions = 0
        bytes = 0
      }
    }
    if !open.isEmpty { pieces.append(piece(of: open, job: key.job)) }
    return pieces
  }

  /// Known for blocks in memory, estimated for others.
  private func transactionCount(of block: ObjectDescriptor) -> Int {
    if let resident = blocks.residentBlock(block.id) { return resident.transactionCount }
    return max(Int(clamping: block.length) / Self.bytesPerTransaction, 1)
  }

  private func piece(of shards: [ShardDescription], job: JobID) -> PieceAtWork {
    let blocks = shards.flatMap(\.blocks)
    return PieceAtWork(
      key: PieceKey(job: job, shards: shards.map(\.number)), blocks: blocks,
      byteEstimate: blocks.reduce(0) { $0 + byteEstimate(of: $1) })
  }

  /// About the bytes that a projection of a block takes.
  private func byteEstimate(of block: ObjectDescriptor) -> Int {
    let resident = blocks.residentBlock(block.id)?.byteCount
    // Blocks to be read again are not compressed: two bytes an occurrence, of six in a projection.
    let factor = configuration.rereadsBlocks ? 3 : resident == nil ? 2 : 1
    return factor * min(resident ?? Int(clamping: block.length), Int.max / 8)
  }

  /// Begins to load the blocks of a piece, if there is room for its projection; false where not.
  mutating func beginPiece(_ place: Int, of number: Int) -> Bool {
    guard let piece = assignments.byNumber[number]?.pieces[place],
      let pieceCount = assignments.byNumber[number]?.pieces.count,
      projections.makeRoom(for: piece.byteEstimate, pinned: pinnedPieces())
    else { return false }
    var sources: [BlockSource?] = []
    var places: [Int] = []
    for (place, descriptor) in piece.blocks.enumerated() {
      let block = blocks.use(descriptor.id)
      sources.append(block.map { .decoded($0) })
      if block != nil { continue }
      guard storage.held[descriptor.id] == descriptor else {
        failPiece(piece.key, .objectMissing(descriptor.id))
        return true
      }
      places.append(place)
    }
    let cacheLimit = configuration.classCacheLimit / pieceCount
    lastToken += 1
    let run = PieceRun(key: piece.key, serial: lastToken)
    let assembly = ProjectionCache.Assembly(
      serial: run.serial, blocks: piece.blocks, cacheLimit: cacheLimit,
      frequentShare: projections.wasGivenUp(piece.key) ? nil : configuration.frequentShare,
      sources: sources, places: places)
    projections.set(piece.key, .assembling(assembly), byteCount: piece.byteEstimate)
    continueLoading(run)
    return true
  }

  /// Pieces with something left to count in a batch.
  private func pinnedPieces() -> Set<PieceKey> {
    var pinned: Set<PieceKey> = []
    for job in jobOrder {
      for number in jobs[job]?.active ?? [] {
        guard let assignment = assignments.byNumber[number], let batch = assignment.batch else {
          continue
        }
        for (slot, piece) in batch.order.enumerated() where batch.begun[slot] < batch.cells.count {
          pinned.insert(assignment.pieces[piece].key)
        }
      }
    }
    return pinned
  }

  /// Keeps some loads under way; projects once all blocks are there.
  private mutating func continueLoading(_ run: PieceRun) {
    var loads: [Int] = []
    let assembly = projections.update(run) { assembly in
      while assembly.begunCount < assembly.places.count,
        assembly.begunCount - assembly.loadedCount < ProjectionCache.loadLimit
      {
        loads.append(assembly.places[assembly.begunCount])
        assembly.begunCount += 1
      }
    }
    guard let assembly else { return }
    for place in loads {
      effects.append(
        .load(token(for: .block(BlockRun(piece: run, place: place))), assembly.blocks[place]))
    }
    if assembly.loadedCount == assembly.places.count { project(assembly, run) }
  }

  private mutating func project(_ assembly: ProjectionCache.Assembly, _ run: PieceRun) {
    guard let ranks = jobs[run.key.job]?.readyRanks else { return projections.remove(run.key) }
    let work = ProjectionWork(
      blocks: assembly.sources.compactMap { $0 }, ranks: ranks, layout: configuration.layout,
      cacheLimit: assembly.cacheLimit, frequentShare: assembly.frequentShare)
    _ = projections.update(run) { $0.sources = [] }
    performBusy(.project(work), for: .projection(run))
  }

  mutating func blockLoaded(_ run: BlockRun, _ bytes: [UInt8]) {
    let assembly = projections.update(run.piece) { assembly in
      assembly.sources[run.place] = .bytes(bytes)
      assembly.loadedCount += 1
    }
    if assembly != nil { continueLoading(run.piece) }
  }

  mutating func blockLost(_ run: BlockRun) {
    guard let assembly = projections.update(run.piece, { _ in }) else { return }
    let descriptor = assembly.blocks[run.place]
    foundDamaged(descriptor)
    failPiece(run.piece.key, .objectMissing(descriptor.id))
  }

  mutating func projected(_ run: PieceRun, _ outcome: WorkerOutcome) {
    guard let assembly = projections.update(run, { _ in }) else { return }
    switch outcome {
    case .projected(let piece):
      projections.set(run.key, .ready(piece.projection), byteCount: piece.byteCount)
      _ = projections.makeRoom(for: 0, pinned: pinnedPieces().union([run.key]))
      blocks.keep(piece.decoded.map { (assembly.blocks[$0.place].id, $0.block) })
    case .undecodable(let place, let text):
      let descriptor = assembly.blocks[place]
      note("\(descriptor.id) cannot be decoded: \(text)")
      foundDamaged(descriptor)
      failPiece(run.key, .objectMissing(descriptor.id))
    case .failed(let text): failPiece(run.key, .failed(text))
    default: failPiece(run.key, .failed("the blocks could not be projected"))
    }
  }

  /// A piece cannot be made: what was to be counted in it fails.
  private mutating func failPiece(_ key: PieceKey, _ failure: CountingFailure) {
    projections.remove(key)
    for number in jobs[key.job]?.active ?? [] {
      guard let pieces = assignments.byNumber[number]?.pieces,
        pieces.contains(where: { $0.key == key })
      else { continue }
      failCells(nil, of: number, failure)
      assignments.byNumber[number]?.waiting = []
      assignments.byNumber[number]?.batch = nil
      jobs[key.job]?.active.removeAll { $0 == number }
    }
  }
}

/// How the memory to plan with is divided.
extension WorkerConfiguration {
  /// Bytes of projections.
  var projectionLimit: Int { rereadsBlocks ? memoryLimit / 8 * 5 : memoryLimit / 2 }

  /// Bytes of a projection beyond which a piece is full: there is one a thread, and others are kept.
  var pieceLimit: Int { rereadsBlocks ? max(memoryLimit / 32, 1) : .max }

  /// Bytes of blocks.
  var blockLimit: Int { rereadsBlocks ? 0 : memoryLimit / 4 }

  /// Bytes of projections that counting in a block set keeps from level to level.
  ///
  /// Where blocks are read again these bitmaps are what stays of a projection, else they come on top.
  var classCacheLimit: Int { rereadsBlocks ? memoryLimit / 2 : min(256 << 20, memoryLimit / 4) }
}
