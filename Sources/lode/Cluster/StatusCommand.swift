import ArgumentParser
import Glibc
import Itemsets
import Messages
import Runtime

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
    if watch { return try watchOn(client) }
    let status = try status(client)
    switch list.output {
    case .json: try printJSON(StatusView(status))
    case .table, .wide:
      for line in statusLines(status, isWide: list.output == .wide) { print(line) }
    }
  }

  private func status(_ client: any ClusterClient) throws -> ClusterStatus {
    try answer(of: client.ask(.status)) { response -> ClusterStatus? in
      guard case .status(let status) = response else { return nil }
      return status
    }
  }

  /// Shows it again and again; a coordinator that is away may come back.
  private func watchOn(_ client: any ClusterClient) throws {
    let clear = isatty(STDOUT_FILENO) == 1 ? "\u{1B}[H\u{1B}[2J" : ""
    while true {
      var lines: [String]
      do {
        lines = statusLines(try status(client), isWide: list.output == .wide)
      } catch ClientFailure.noCoordinator(let address, _) {
        lines = ["no coordinator answers at \(address); trying again"]
      }
      print(clear + lines.joined(separator: "\n"))
      // Whoever read it may have gone, as `head` does.
      if fflush(nil) != 0 { return }
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
    lines.append(
      "  and \(grouped(status.jobs.count - recent.count)) that have ended: lode job list")
  }
  if status.copiesRunning + status.copiesWaiting > 0 {
    lines += [
      "",
      "copying: \(grouped(status.copiesRunning)) running, \(grouped(status.copiesWaiting)) waiting",
    ]
  }
  lines.append("")
  if status.problems.isEmpty {
    lines.append("health: good")
  } else {
    lines.append(
      "health: \(status.problems.count == 1 ? "1 problem" : "\(status.problems.count) problems")")
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
