import ArgumentParser
import Glibc
import Itemsets
import Messages

/// `lode status`: the cluster on one screen.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show coordinator, workers, data sets, jobs and health on one screen.",
    discussion: """
      Example:
        lode status --watch
      """)

  @Flag(help: "Show it anew every second, until interrupted.")
  var watch = false

  @OptionGroup var list: ListArguments
  @OptionGroup var cluster: ClusterArguments

  mutating func validate() throws {
    if watch, list.output == .json {
      throw ValidationError("--watch is for people; ask for JSON as often as you need it")
    }
  }

  func run() throws {
    let client = try cluster.connect()
    while true {
      let status = try answer(of: client.ask(.status)) { response -> ClusterStatus? in
        guard case .status(let status) = response else { return nil }
        return status
      }
      if list.output == .json {
        try printJSON(StatusView(status))
        return
      }
      let lines = statusLines(status, isWide: list.output == .wide)
      if !watch {
        for line in lines { print(line) }
        return
      }
      print((isatty(STDOUT_FILENO) == 1 ? "\u{1B}[H\u{1B}[2J" : "") + lines.joined(separator: "\n"))
      fflush(nil)
      sleep(1)
    }
  }
}

/// The status as lines; finished jobs beyond the last few are only counted.
func statusLines(_ status: ClusterStatus, isWide: Bool) -> [String] {
  var lines = [
    "cluster \(status.cluster), epoch \(status.epoch), lode \(status.software), up"
      + " \(readable(milliseconds: status.uptimeMilliseconds)), replication \(status.replication)"
  ]
  lines += section("workers", status.nodes.isEmpty) {
    nodeTable(status.nodes, isWide: isWide).lines
  }
  lines += section("data sets", status.dataSets.isEmpty) {
    dataSetTable(status.dataSets, isWide: isWide).lines
  }
  let recent = isWide ? status.jobs : recentJobs(status.jobs)
  lines += section("jobs", status.jobs.isEmpty) { jobTable(recent, isWide: isWide).lines }
  if recent.count < status.jobs.count {
    lines.append("  and \(grouped(status.jobs.count - recent.count)) that have ended: lode job list")
  }
  if status.copiesRunning + status.copiesWaiting > 0 {
    lines += [
      "", "copying: \(grouped(status.copiesRunning)) running, \(grouped(status.copiesWaiting)) waiting",
    ]
  }
  lines.append("")
  if status.problems.isEmpty {
    lines.append("health: good")
  } else {
    lines.append("health: \(status.problems.count == 1 ? "1 problem" : "\(status.problems.count) problems")")
    lines += status.problems.map { "  - \($0)" }
  }
  return lines
}

private func section(_ title: String, _ isEmpty: Bool, _ rows: () -> [String]) -> [String] {
  ["", isEmpty ? "\(title): none" : "\(title):"] + (isEmpty ? [] : rows().map { "  " + $0 })
}

/// All jobs that have not ended, and the last five that have.
private func recentJobs(_ jobs: [JobSummary]) -> [JobSummary] {
  let ended = Set(jobs.filter(\.state.isFinal).suffix(5).map(\.id))
  return jobs.filter { !$0.state.isFinal || ended.contains($0.id) }
}
