public import ArgumentParser
import Glibc
import Itemsets
public import Messages
import Reports
import Runtime

/// `lode job`: mining on the cluster.
struct JobCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job",
    abstract: "Submit, follow and read mining jobs of a cluster.",
    discussion: """
      Example:
        lode job submit retail --min-support 0.1%
      """,
    subcommands: [
      Submit.self, List.self, Show.self, Watch.self, Cancel.self, Remove.self, JobResults.self,
    ])

  struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "submit",
      abstract: "Submit a job and follow it; prints its id.",
      discussion: """
        Ctrl-C stops following, not the job. A job keeps itemsets: what it takes to make rules of them
        may be chosen again by `lode job results`.

        Examples:
          lode job submit retail --min-support 0.1% --min-confidence 60%
          lode job submit retail --min-support 89 --target closed --no-wait
        """)

    @Argument(help: "The data set.") var dataset: Name
    @OptionGroup(title: "Mining") var mining: MiningArguments
    @Flag(name: .customLong("no-wait"), help: "Print the job's id and return.") var noWait = false
    @OptionGroup(title: "Cluster") var cluster: ClusterArguments

    func run() throws {
      try SubmitJob(
        dataset: dataset, mining: mining.settings, noWait: noWait, cluster: cluster.settings
      ).run()
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the jobs.",
      discussion: """
        Example:
          lode job list -o wide
        """)

    @OptionGroup var list: ListArguments
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let jobs = try cluster.ask(.listJobs) { response -> [JobSummary]? in
        guard case .jobs(let jobs) = response else { return nil }
        return jobs
      }
      switch list.output {
      case .json: try printJSON(jobs.map(JobView.init))
      case .table, .wide:
        for line in jobTable(jobs, isWide: list.output == .wide).lines { print(line) }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show one job with the figures of its levels.",
      discussion: """
        Example:
          lode job show job-3 -o json
        """)

    @Argument(help: "The job.") var job: JobID
    @OptionGroup var list: ListArguments
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let summary = try jobAnswer(cluster.connect().ask(.showJob(job)))
      switch list.output {
      case .json: try printJSON(JobView(summary))
      case .table, .wide:
        for line in jobTable([summary], isWide: true).lines { print(line) }
        if !summary.failure.isEmpty { print("\n\(summary.failure)") }
        if summary.levels.isEmpty { return }
        print("")
        for line in levelTable(summary.levels).lines { print(line) }
      }
    }
  }

  struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "watch",
      abstract: "Follow a job until it ends; Ctrl-C stops following, not the job.",
      discussion: """
        Example:
          lode job watch job-3
        """)

    @Argument(help: "The job.") var job: JobID
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let following = Following(narrator: cluster.narrator)
      let client = try cluster.connect()
      try following.follow(jobAnswer(client.ask(.showJob(job))), client: client)
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cancel",
      abstract: "Stop a job.",
      discussion: """
        Example:
          lode job cancel job-3
        """)

    @Argument(help: "The job.") var job: JobID
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let summary = try jobAnswer(cluster.connect().ask(.cancelJob(job)))
      cluster.narrator.say("\(summary.id) is \(summary.state)")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Remove a job that has ended, with its results.",
      discussion: """
        Example:
          lode job remove job-3
        """)

    @Argument(help: "The job.") var job: JobID
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      try cluster.ask(.removeJob(job)) { $0 == .done ? () : nil }
      cluster.narrator.say("\(job) is removed")
    }
  }
}

/// What `lode job submit` does, however its arguments were read.
struct SubmitJob {
  let dataset: Name
  let mining: MiningSettings
  let noWait: Bool
  let cluster: ClusterSettings

  func run() throws {
    let following = noWait ? nil : Following(narrator: cluster.narrator)
    let client = try cluster.connect()
    let request = try mining.plan()
    let specification = JobSpecification(
      dataSet: dataset, minimumSupport: mining.minSupport, maximumLevel: request.maximumLevel,
      arguments: mining.asArguments)
    let job = try jobAnswer(
      client.ask(.submitJob(specification), id: .random(), deadlineMilliseconds: 10_000))
    print(job.id)
    try flushStandardOutput()
    try following?.follow(job, client: client)
  }
}

extension JobID: ExpressibleByArgument {
  /// `job-17`, or `17`.
  public init?(argument: String) { self.init(text: argument) }
}

/// The job in an answer.
func jobAnswer(_ response: ClientResponse) throws(ClientFailure) -> JobSummary {
  try answer(of: response) { response -> JobSummary? in
    guard case .job(let job) = response else { return nil }
    return job
  }
}

/// Waits.
func pause(milliseconds: UInt32) {
  usleep(milliseconds * 1000)
}

/// The jobs as a table.
func jobTable(_ jobs: [JobSummary], isWide: Bool) -> TextTable {
  var titles = ["JOB", "STATE", "DATASET", "MIN SUPPORT>", "LEVEL>", "PROGRESS", "SUBMITTED (UTC)"]
  if isWide { titles += ["TOOK>", "TRANSACTIONS>", "OPTIONS"] }
  var table = TextTable(titles)
  for job in jobs {
    var cells = [
      "\(job.id)", "\(job.state)", job.specification.dataSet.text,
      job.specification.minimumSupport, "\(job.level)",
      job.state == .running ? "\(job.rangesClosed) of \(job.rangeCount) ranges" : "",
      readable(unixMilliseconds: job.submittedAt),
    ]
    if isWide {
      cells += [
        job.endedAt == 0
          ? "" : readable(milliseconds: job.endedAt - min(job.submittedAt, job.endedAt)),
        grouped(job.transactionCount), job.specification.arguments.joined(separator: " "),
      ]
    }
    table.add(cells)
  }
  return table
}

/// The figures of levels as a table.
private func levelTable(_ levels: [LevelFigures]) -> TextTable {
  var table = TextTable([
    "LEVEL>", "CANDIDATES>", "FREQUENT>", "LEASES>", "RECEIVED>", "SENT>", "TOOK>",
  ])
  for level in levels {
    table.add([
      "\(level.level)", grouped(level.candidateCount), grouped(level.frequentCount),
      grouped(level.leaseCount), readable(bytes: level.bytesReceived),
      readable(bytes: level.bytesSent), readable(milliseconds: level.milliseconds),
    ])
  }
  return table
}
