// Counting in the compute pool: a range in a piece, and the sum over the pieces of a block set.

import Apriori
import Messages

extension CountingWork {
  func perform(_ scratch: CountingScratch) throws -> WorkerOutcome {
    let report: CountReport
    switch rule {
    case .all: report = counted(.all, scratch)
    case .above(let allowance):
      // Silence of parts would not add up, so the allowance is applied to their sum.
      report = counted(.above(allowance: form == nil ? 0 : allowance), scratch)
    case .listed(let content):
      report = .all(
        try count(
          range, of: level, in: projection, positions: positions(content), scratch: scratch))
    }
    guard let form else { return .counted(report) }
    return .answered(form.answer(report))
  }

  private func counted(_ mode: ReportMode, _ scratch: CountingScratch) -> CountReport {
    count(range, of: level, in: projection, mode: mode, scratch: scratch)
  }

  private func positions(_ content: Content<[UInt32]>) throws -> [UInt32] {
    switch content {
    case .value(let value): value
    case .bytes(let bytes):
      try PositionList(decoding: bytes, candidateCount: range.candidateCount).positions
    case .published: throw WorkError.notFetched
    }
  }
}

extension MergingWork {
  func perform() throws -> WorkerOutcome {
    let report: CountReport
    switch rule {
    case .all: report = try mergeReports(parts, range: range, mode: .all)
    case .above(let allowance):
      // As with one part: silence of some would not add up with that of the others.
      report = try mergeReports(
        parts, range: range, mode: .above(allowance: form == nil ? 0 : allowance))
    case .listed: report = .all(try sumOfLists())
    }
    guard let form else { return .counted(report) }
    return .answered(form.answer(report))
  }

  /// Adds up the counts of the same listed candidates.
  private func sumOfLists() throws -> [UInt32] {
    var sums: [UInt32] = []
    for part in parts {
      guard case .all(let counts) = part, sums.isEmpty || counts.count == sums.count else {
        throw WorkError(
          description: "the parts of a poll do not fit each other; please report this")
      }
      if sums.isEmpty {
        sums = counts
        continue
      }
      for index in sums.indices {
        let (sum, overflow) = sums[index].addingReportingOverflow(counts[index])
        if overflow {
          throw WorkError(
            description: "a block set counts more transactions of one candidate than 32 bits hold;"
              + " hand out smaller block sets")
        }
        sums[index] = sum
      }
    }
    return sums
  }
}

extension AnswerForm {
  fileprivate func answer(_ report: CountReport) -> CountedRange {
    if passesValues {
      // Nothing lies on the way that could damage it, and nobody else counts the same.
      return CountedRange(digest: 0, content: .value(report), published: nil, byteCount: 0)
    }
    let digest = report.digest
    let bytes = report.encoded()
    if bytes.count <= inlineLimit {
      return CountedRange(
        digest: digest, content: .bytes(bytes), published: nil, byteCount: bytes.count)
    }
    return CountedRange(
      digest: digest, content: .published(ObjectDescriptor(id: object, bytes: bytes)),
      published: bytes, byteCount: 0)
  }
}
