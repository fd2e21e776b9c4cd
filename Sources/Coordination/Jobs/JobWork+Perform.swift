import Apriori
import Itemsets
import Messages

/// Does work of a job: a pure function of the work.
func perform(_ work: JobWork, scratch: CountingScratch) -> JobOutcome {
  switch work {
  case .begin(let work): begin(work)
  case .resume(let work): resume(work)
  case .plan(let work): plan(work, scratch: scratch)
  case .close(let work): close(work, scratch: scratch)
  case .adopt(let work): .reduced(adopt(work, scratch: scratch))
  case .join(let work): .joined(join(work))
  case .pack(let work): .packed(pack(work))
  case .encode(let work): encode(work)
  }
}

private func begin(_ work: BeginningWork) -> JobOutcome {
  let items: RankedItems
  let itemCount: Int
  switch work.source {
  case .ranked(let ranked, let count):
    items = ranked
    itemCount = count
  case .objects(let dictionary, let counts):
    do {
      let dictionary = try DictionarySegment(decoding: dictionary).dictionary()
      itemCount = dictionary.count
      items = RankedItems(
        dictionary: dictionary,
        counts: try BlockCounts(decoding: counts).totals(itemCount: itemCount),
        minimumCount: work.minimumSupport)
    } catch {
      return .failed("the dictionary or the item counts of the data set cannot be read: \(error)")
    }
  }
  let level = Level(items: items, itemCount: itemCount, transactionCount: work.transactionCount)
  let job = work.levelWork.policy.job
  var object: (descriptor: ObjectDescriptor, bytes: [UInt8])?
  if work.keepsItems {
    let bytes = items.encoded()
    let descriptor = ObjectDescriptor(
      id: ObjectID(owner: .job(job), kind: .items, number: 0), bytes: bytes)
    if let problem = MessageLimits.problem(storing: descriptor, as: "the list of frequent items") {
      return .failed(problem + ": raise the minimum support")
    }
    object = (descriptor, bytes)
  }
  return .begun(
    BeginningOutcome(
      items: items, itemsObject: object,
      countedItems: countedItems(
        items, transactionCount: work.transactionCount, policy: work.levelWork.policy),
      level: prepare(level, isWhole: true, work.levelWork)))
}

private func resume(_ work: ResumptionWork) -> JobOutcome {
  do {
    let items = try RankedItems(decoding: work.items)
    let level = try Level(decoding: work.level, rankCount: items.count)
    guard level.length == work.length else {
      return .failed("the stored level \(work.length) is one of length \(level.length)")
    }
    return .resumed(
      ResumptionOutcome(
        items: items,
        countedItems: countedItems(
          items, transactionCount: work.transactionCount, policy: work.levelWork.policy),
        level: prepare(level, isWhole: true, work.levelWork)))
  } catch {
    return .failed("the stored items or level \(work.length) cannot be read: \(error)")
  }
}

/// The ids of the items that make nodes: those in every transaction come last and are left out.
private func countedItems(
  _ items: RankedItems, transactionCount: UInt64, policy: ContentPolicy
) -> Parcel<[UInt32]> {
  let counted = items.counts.firstIndex { $0 >= transactionCount } ?? items.count
  return Parcel(Array(items.ids[..<counted]), number: 0, policy: policy) { ItemList($0).encoded() }
}

/// Makes a closed level ready for its candidates to be counted.
private func prepare(_ closed: Level, isWhole: Bool, _ work: LevelWork) -> PreparedLevel {
  let level: Level
  let cut: LevelCut
  if let targets = work.targets {
    level = closed
    cut = LevelCut(of: level, parallelism: work.parallelism, targets: targets)
  } else {
    let costs = CostEstimate(
      first: work.firstLevel ?? closed, transactionCount: Int(clamping: work.transactionCount))
    let target = costs.target(of: closed, parallelism: work.parallelism)
    level = closed.joiningSegments(upTo: target)
    cut = LevelCut(of: level, costs: costs, target: target)
  }
  let nodeCount = level.nodeCount
  return PreparedLevel(
    level: level,
    // Where values pass, the level and its ranges do: nobody makes them anew.
    digest: work.policy.passesValues ? UInt64(level.length) : level.structureDigest, cut: cut,
    candidateCount: cut.candidateCount,
    nodeCount: nodeCount, frequentCount: UInt64(nodeCount + level.perfectExtensionCount),
    survivors: nil,
    whole: isWhole || work.policy.passesValues
      ? Parcel(level, number: UInt64(level.length) * 2 + 1, policy: work.policy) { $0.encoded() }
      : nil)
}

private func join(_ work: JoiningWork) -> PreparedLevel {
  let level = Level(
    after: work.level, segments: work.segments, candidateCount: work.candidateCount)
  return prepare(level, isWhole: false, work.levelWork)
}

private func pack(_ work: PackingWork) -> PackedSurvivors {
  PackedSurvivors(
    parcel: Parcel(work.survivors, number: UInt64(work.length) * 2, policy: work.policy) {
      SurvivorsList($0).encoded()
    })
}

private func encode(_ work: EncodingWork) -> JobOutcome {
  let bytes = work.level.encoded()
  let descriptor = ObjectDescriptor(
    id: ObjectID(
      owner: .job(work.policy.job), kind: .level, number: UInt64(work.level.length)),
    bytes: bytes)
  if work.isCheckpoint,
    let problem = MessageLimits.problem(storing: descriptor, as: "level \(work.level.length)")
  {
    return .failed(problem + ": raise the minimum support, or mine fewer levels")
  }
  return .encoded(
    EncodedLevel(
      length: work.level.length, isCheckpoint: work.isCheckpoint, descriptor: descriptor,
      bytes: bytes,
      whole: Parcel(work.level, number: UInt64(work.level.length) * 2 + 1, policy: work.policy) {
        _ in bytes
      }))
}

private func plan(_ work: PlanningWork, scratch: CountingScratch) -> JobOutcome {
  func outcome(_ result: ReducingOutcome.Result) -> JobOutcome {
    .reduced(ReducingOutcome(rangeIndex: work.rangeIndex, result: result))
  }
  var reports: [CountReport] = []
  var damaged: [Int] = []
  var reason = ""
  for (index, report) in work.reports.enumerated() {
    do throws(ReportDamage) {
      let decoded = try report.content.report(digest: report.digest)
      guard decoded.mode == report.mode else { throw ReportDamage("it answers another question") }
      reports.append(decoded)
    } catch {
      damaged.append(index)
      reason = error.reason
    }
  }
  guard damaged.isEmpty else { return outcome(.damaged(damaged, reason)) }
  do throws(CountingError) {
    if reports.count == 1, work.policy.passesValues {
      let segment = try reduce(
        work.range, of: work.level, reports: reports, minimumSupport: work.minimumSupport,
        scratch: scratch)
      return outcome(.closed(ReducedRange(segment: segment, survivors: nil)))
    }
  } catch {
    return outcome(.damaged([0], error.description))
  }
  let plan: PollPlan
  do throws(ReducingProblem) {
    plan = try nominationsOrBlame(
      reports: reports, candidateCount: work.range.candidateCount,
      minimumSupport: work.minimumSupport)
  } catch {
    switch error {
    case .unfit(let places, let reason): return outcome(.damaged(places, reason))
    case .contradiction(let reason): return outcome(.contradiction(reason))
    }
  }
  guard plan.isExact else {
    return outcome(
      .open(plan, lists: parcels(plan.lists, from: work.firstNumber, policy: work.policy)))
  }
  do throws(CountingError) {
    let closed = try closeRange(
      work.range, of: work.level, plan: plan, polls: [], minimumSupport: work.minimumSupport,
      scratch: scratch)
    return outcome(.closed(ReducedRange(segment: closed.segment, survivors: closed.survivors)))
  } catch {
    return outcome(.contradiction(error.description))
  }
}

/// Lists of candidates, ready to be sent.
private func parcels(
  _ lists: [[UInt32]], from number: UInt64, policy: ContentPolicy
) -> [Parcel<[UInt32]>?] {
  lists.enumerated().map { index, list in
    list.isEmpty
      ? nil
      : Parcel(list, number: number + UInt64(index), policy: policy) {
        PositionList($0).encoded()
      }
  }
}

private func adopt(_ work: AdoptingWork, scratch: CountingScratch) -> ReducingOutcome {
  func outcome(_ result: ReducingOutcome.Result) -> ReducingOutcome {
    ReducingOutcome(rangeIndex: work.rangeIndex, order: work.order, result: result)
  }
  let reduction: RangeReduction
  switch work.content {
  case .value(let value): reduction = value
  case .published: return outcome(.unusable("it was never fetched"))
  case .bytes(let bytes):
    do throws(PayloadError) {
      reduction = try RangeReduction(decoding: bytes)
    } catch {
      return outcome(.unusable("\(error)"))
    }
  }
  switch reduction {
  case .closed(let frequent):
    do throws(CountingError) {
      let closed = try closeRange(
        work.range, of: work.level, frequent: frequent, minimumSupport: work.minimumSupport,
        scratch: scratch)
      return outcome(.closed(ReducedRange(segment: closed.segment, survivors: closed.survivors)))
    } catch {
      return outcome(.unusable(error.description))
    }
  case .open(let lists):
    guard lists.count == work.reportCount, lists.contains(where: { !$0.isEmpty }),
      lists.allSatisfy({ $0.last.map { Int($0) < work.range.candidateCount } ?? true })
    else { return outcome(.unusable("its lists of candidates do not fit the range")) }
    return outcome(
      .openElsewhere(
        listCounts: lists.map(\.count),
        lists: parcels(lists, from: work.firstNumber, policy: work.policy)))
  }
}

private func close(_ work: ClosingWork, scratch: CountingScratch) -> JobOutcome {
  func outcome(_ result: ReducingOutcome.Result) -> JobOutcome {
    .reduced(ReducingOutcome(rangeIndex: work.rangeIndex, result: result))
  }
  var polls: [(report: Int, reply: PollReply)] = []
  var damaged: [Int] = []
  var reason = ""
  for (index, poll) in work.polls.enumerated() {
    do throws(ReportDamage) {
      guard case .all(let counts) = try poll.content.report(digest: poll.digest),
        counts.count == work.plan.lists[poll.report].count
      else { throw ReportDamage("it does not answer the list it was asked about") }
      polls.append((poll.report, PollReply(counts: counts.map { UInt64($0) })))
    } catch {
      damaged.append(index)
      reason = error.reason
    }
  }
  guard damaged.isEmpty else { return outcome(.damaged(damaged, reason)) }
  do throws(CountingError) {
    let closed = try closeRange(
      work.range, of: work.level, plan: work.plan, polls: polls,
      minimumSupport: work.minimumSupport, scratch: scratch)
    return outcome(.closed(ReducedRange(segment: closed.segment, survivors: closed.survivors)))
  } catch {
    return outcome(.contradiction(error.description))
  }
}
