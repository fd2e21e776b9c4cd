import Apriori
import Messages
import WireFormat

/// Workers that take their time and answer with reports of the usual length.
extension ScaleCluster {
  mutating func send(_ message: WorkerMessage, from number: Int) {
    let envelope = WorkerEnvelope(
      name: workers[number].name, incarnation: Incarnation(1), epoch: Epoch(1), message: message)
    guard let frames = try? WireFormat.encode(envelope) else {
      stopped = "a message cannot be written"
      return
    }
    let start = Self.clock()
    _ = try? WireFormat.decodeWorker(frames)
    let time = Self.clock() - start
    let bytes = frames.reduce(0) { $0 + $1.count }
    bytesToCoordinator += UInt64(bytes)
    let done = transport(at: now + costs.delayNanoseconds, bytes: bytes, time: time)
    queue.add(.arrived(frames, from: number), at: done / 1_000)
  }

  func hello(_ number: Int) -> WorkerMessage {
    .hello(
      WorkerHello(
        cluster: nil, dataEndpoint: "tcp://10.0.0.1:\(number)", rack: "", threads: costs.threads,
        memoryBytes: 1 << 36, freeBytes: 1 << 40, software: "",
        objectCount: workers[number].objects.count))
  }

  mutating func take(_ envelope: CoordinatorEnvelope, on number: Int) {
    switch envelope.message {
    case .welcome:
      send(
        .inventory(InventoryPart(index: 0, partCount: 1, objects: workers[number].objects)),
        from: number)
    case .inventoryReceived: joinedCount += 1
    case .openLevel(let opening): open(opening)
    // What is sent again is being worked on: nothing is ever lost here.
    case .count(let lease): if seen.insert(lease.id).inserted { count(lease, on: number) }
    case .reduce(let order): if seen.insert(order.id).inserted { reduce(order, on: number) }
    default: break
    }
  }

  private mutating func open(_ opening: LevelOpening) {
    guard ranges.isEmpty, case .whole(let content) = opening.content else { return }
    let bytes: [UInt8]?
    switch content {
    case .value: bytes = nil
    case .bytes(let inline): bytes = inline
    case .published(let object): bytes = served[object.id]
    }
    guard let level = bytes.flatMap({ try? Level(decoding: $0) }) else { return }
    ranges = candidateRanges(of: level, targetCandidateCount: opening.targetCandidateCount)
  }

  private mutating func count(_ lease: CountingLease, on number: Int) {
    leaseCount += 1
    let transactions = Double(lease.key.shards.count) * Double(costs.transactionsPerShard)
    var candidates = 0.0
    var answers: [RangeAnswer] = []
    for (range, rule) in lease.ranges where ranges.indices.contains(Int(range)) {
      guard case .above(let allowance) = rule else { continue }
      candidates += Double(ranges[Int(range)].candidateCount)
      let variant = (Int(range) &* 31 &+ Int(lease.key.shards.first ?? 0)) % 32
      let report = report(Int(range), allowance, variant)
      var content = Content<CountReport>.bytes(report.bytes)
      if lease.keepsReports {
        lastReport += 1
        content = .published(
          ObjectDescriptor(
            id: ObjectID(owner: .job(lease.key.job), kind: .report, number: lastReport),
            length: UInt64(report.bytes.count), checksum: UInt64(report.entries)))
      }
      answers.append(RangeAnswer(range: range, digest: report.digest, report: content))
    }
    let thread = candidates * transactions * costs.countNanoseconds
    let finish = max(workers[number].freeAt, now) + UInt64(thread) / UInt64(costs.threads)
    workers[number].freeAt = finish
    queue.add(
      .answer(
        number,
        .counted(
          CountingAnswer(
            lease: lease.id, key: lease.key, answers: answers,
            microseconds: UInt64(thread / 1_000)))), at: finish / 1_000)
  }

  /// Candidates that all report, and some that only few do.
  private mutating func report(
    _ range: Int, _ allowance: UInt64, _ variant: Int
  ) -> (bytes: [UInt8], digest: UInt64, entries: Int) {
    let key = ReportKey(range: range, allowance: allowance, variant: variant)
    let report: (bytes: [UInt8], digest: UInt64, entries: Int)
    if let known = reports[key] {
      report = known
    } else {
      let frequent = Self.frequentStride
      let other = Int(1 / max(costs.reportedShare - 1 / Double(frequent), 1e-6))
      let positions = (0..<ranges[range].candidateCount).filter { position in
        position % frequent == 0 || (position &* 7_919 &+ variant &* 104_729) % other == 0
      }
      let made = CountReport.above(
        allowance: allowance, positions: positions.map { UInt32($0) },
        counts: positions.map { UInt32(allowance) + ($0 % frequent == 0 ? UInt32(allowance) : 1) })
      report = (made.encoded(), made.digest, positions.count)
      reports[key] = report
    }
    entryCount += report.entries
    entryBytes += report.bytes.count
    return report
  }

  /// Every so many candidates one is frequent.
  private static let frequentStride = 200

  private mutating func reduce(_ order: ReducingOrder, on number: Int) {
    orderCount += 1
    var bytes = 0.0
    var entries = 0.0
    for (_, source) in order.reports {
      guard case .published(let object) = source.report else { continue }
      bytes += Double(object.length)
      entries += Double(object.checksum)
    }
    let fetching =
      bytes * (costs.curveNanosecondsPerByte + costs.wireNanosecondsPerByte)
      + Double(order.reports.count) * costs.messageNanoseconds
    let fetched = max(workers[number].linkFreeAt, now) + UInt64(fetching)
    workers[number].linkFreeAt = fetched
    let finish = fetched + UInt64(entries * costs.mergeNanoseconds)
    // A thread of the worker does not count meanwhile.
    workers[number].freeAt += UInt64(entries * costs.mergeNanoseconds) / UInt64(costs.threads)
    let positions = stride(from: 0, to: order.candidateCount, by: Self.frequentStride)
      .map { UInt32($0) }
    let reduction = RangeReduction.closed(
      FrequentCandidates(
        positions: positions,
        counts: positions.map { UInt64($0) + order.minimumSupport }))
    queue.add(
      .answer(number, .reduced(order.job, order: order.id, .bytes(reduction.encoded()))),
      at: finish / 1_000)
  }
}
