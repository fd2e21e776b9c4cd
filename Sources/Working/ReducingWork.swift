// Reducing a range in the compute pool: the reports of all block sets, then the answers to polls.

import Apriori
import Messages

/// All that is known of a range, with nothing left to fetch.
public struct ReducingWork: Sendable {
  let order: ReducingOrder
  /// The plan, where it is known; the reports are not needed then.
  let plan: PollPlan?
  let form: AnswerForm
}

/// A range that was reduced, ready for sending.
public struct ReducedReports: Sendable {
  let content: Content<RangeReduction>
  /// The bytes of a published content.
  let published: [UInt8]?
  /// The plan of a range that has to be polled.
  let plan: PollPlan?
}

extension ReducingWork {
  func perform() -> WorkerOutcome {
    do throws(ReducingProblemAtWork) {
      let plan = if let known = self.plan { known } else { try planned() }
      if order.polls.isEmpty, !plan.isExact {
        return .reduced(form.answer(.open(plan.lists), plan: plan))
      }
      let frequent = try closed(plan, polls: replies(plan))
      return .reduced(form.answer(.closed(frequent), plan: nil))
    } catch {
      return .notReduced(error.failure)
    }
  }

  private func planned() throws(ReducingProblemAtWork) -> PollPlan {
    var reports: [CountReport] = []
    var damage = Damage()
    for (place, report) in order.reports.enumerated() {
      do throws(ReportDamage) {
        let decoded = try report.source.report.report(digest: report.source.digest)
        guard decoded.mode == report.mode else {
          throw ReportDamage("it answers another question")
        }
        reports.append(decoded)
      } catch {
        damage.add(place, error.reason)
      }
    }
    if !damage.places.isEmpty {
      throw .init(.damaged(reports: damage.places, polls: [], damage.reason))
    }
    do throws(ReducingProblem) {
      return try nominationsOrBlame(
        reports: reports, candidateCount: order.candidateCount,
        minimumSupport: order.minimumSupport)
    } catch {
      switch error {
      case .unfit(let places, let reason):
        throw .init(.damaged(reports: places, polls: [], reason))
      case .contradiction(let reason): throw .init(.contradiction(reason))
      }
    }
  }

  private func replies(
    _ plan: PollPlan
  ) throws(ReducingProblemAtWork) -> [(report: Int, reply: PollReply)] {
    var replies: [(report: Int, reply: PollReply)] = []
    var damage = Damage()
    for (place, poll) in order.polls.enumerated() {
      do throws(ReportDamage) {
        guard plan.lists.indices.contains(poll.report),
          case .all(let counts) = try poll.source.report.report(digest: poll.source.digest),
          counts.count == plan.lists[poll.report].count
        else { throw ReportDamage("it does not answer the list it was asked about") }
        replies.append((poll.report, PollReply(counts: counts.map { UInt64($0) })))
      } catch {
        damage.add(place, error.reason)
      }
    }
    if damage.places.isEmpty { return replies }
    throw .init(.damaged(reports: [], polls: damage.places, damage.reason))
  }

  private func closed(
    _ plan: PollPlan, polls: [(report: Int, reply: PollReply)]
  ) throws(ReducingProblemAtWork) -> FrequentCandidates {
    do throws(CountingError) {
      return try frequentCandidates(
        plan: plan, polls: polls, candidateCount: order.candidateCount,
        minimumSupport: order.minimumSupport)
    } catch {
      throw .init(.contradiction(error.description))
    }
  }
}

/// A failure on its way out.
private struct ReducingProblemAtWork: Error {
  let failure: ReducingFailure
  init(_ failure: ReducingFailure) { self.failure = failure }
}

/// Reports that are not what they were announced to be, and what is wrong with the last of them.
private struct Damage {
  var places: [Int] = []
  var reason = ""

  mutating func add(_ place: Int, _ reason: String) {
    places.append(place)
    self.reason = reason
  }
}

extension AnswerForm {
  fileprivate func answer(_ reduction: RangeReduction, plan: PollPlan?) -> ReducedReports {
    if passesValues {
      return ReducedReports(content: .value(reduction), published: nil, plan: plan)
    }
    let bytes = reduction.encoded()
    if bytes.count <= inlineLimit {
      return ReducedReports(content: .bytes(bytes), published: nil, plan: plan)
    }
    return ReducedReports(
      content: .published(ObjectDescriptor(id: object, bytes: bytes)), published: bytes,
      plan: plan)
  }
}
