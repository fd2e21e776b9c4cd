import Apriori
import ArgumentParser
import Itemsets
import Messages
import Runtime

/// `lode job results`: what a job found, written as `lode mine` writes it.
struct JobResults: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "Write what a job found, as `lode mine` would.",
    discussion: """
      Options left out are as the job was submitted with. A job keeps itemsets: target, confidence,
      sides and measures may be chosen here, again and again.

      Examples:
        lode job results job-3
        lode job results job-3 --min-confidence 80% --measures zhang -o csv --to rules.csv
      """)

  @Argument(help: "The job.") var job: JobID
  @OptionGroup(title: "Results") var results: ResultArguments
  @OptionGroup(title: "Output") var output: OutputArguments
  @Option(
    help: ArgumentHelp("Memory to work within, such as 512MiB, 4G or 50%.", valueName: "size"))
  var memory = "75%"
  @Option(
    help: ArgumentHelp("Folder for temporary files (default: TMPDIR or /tmp).", valueName: "dir"))
  var temp: String?
  @OptionGroup(title: "Cluster") var cluster: ClusterArguments

  func run() throws {
    try WriteResults(
      job: job, results: results.settings, output: output.settings,
      machine: MachineSettings(memory: memory, temp: temp), cluster: cluster.settings
    ).run()
  }
}

/// What `lode job results` does, however its arguments were read.
struct WriteResults {
  let job: JobID
  var results = ResultSettings()
  var output = OutputSettings()
  /// Is as quiet as the cluster is.
  var machine = MachineSettings()
  var cluster = ClusterSettings()

  func run() throws {
    let start = monotonicSeconds()
    var machine = machine
    machine.quiet = cluster.quiet
    try machine.validate()
    let client = try cluster.connect()
    let found = try openResults(of: job, client)
    let mining = try results.over(found.job.specification.arguments)
    let request = try mining.plan()
    try checkLengths(request, found.job)
    let report = try output.report(target: mining.target, machine: machine)
    let writing = MiningJob(request: request, report: report, machine: machine)
    try writing.run(writingTo: output.destination, since: start) {
      do {
        return try MiningJob.Mined(found, from: client, machine: machine)
      } catch ClientFailure.fetch {
        // A coordinator that was started again meanwhile serves at another address.
        return try MiningJob.Mined(openResults(of: job, client), from: client, machine: machine)
      }
    }
  }

  /// A job with a limit on length cannot tell about longer itemsets.
  private func checkLengths(_ request: MiningRequest, _ job: JobSummary) throws {
    guard let limit = job.specification.maximumLevel else { return }
    if let wanted = request.maximumLevel, wanted <= limit { return }
    throw CommandFailure.failed(
      "\(job.id) looked for itemsets of up to \(limit) items only; ask for shorter ones with"
        + " --max-length, or submit a job without that limit")
  }
}

extension MiningJob.Mined {
  /// Fetches the results of a job.
  init(
    _ found: ResultDescription, from client: any ClusterClient, machine: MachineSettings
  ) throws {
    do {
      let items = try RankedItems(decoding: client.fetch(found.items, from: found.dataEndpoint))
      var encoded: [[UInt8]] = []
      for (index, descriptor) in found.levels.enumerated() {
        machine.narrator.show("fetching level \(index + 1) of \(found.levels.count)")
        encoded.append(try client.fetch(descriptor, from: found.dataEndpoint))
      }
      let decoding = LevelDecoding(encoded, rankCount: items.count)
      encoded = []
      let levels = try decoding.run(threadCount: machine.threadCount)
      machine.narrator.clear()
      let closed = ClosedLevels(
        levels: levels, transactionCount: found.job.transactionCount,
        minimumSupport: found.job.minimumSupport,
        completeLength: found.job.specification.maximumLevel)
      self.init(
        items: items, levels: closed,
        memoryLeft: max(machine.memoryBytes - closed.byteCount, 0))
    } catch let error as PayloadError {
      throw CommandFailure.failed("\(found.job.id): \(error)")
    }
  }
}

/// Where the results of a job can be fetched.
func openResults(of job: JobID, _ client: any ClusterClient) throws -> ResultDescription {
  try answer(of: client.ask(.openResults(job))) { response -> ResultDescription? in
    guard case .results(let description) = response else { return nil }
    return description
  }
}

/// The options of what may be chosen about results after the mining.
struct ResultArguments: ParsableArguments {
  @Option(help: "What to write.")
  var target: Target?

  @Option(help: ArgumentHelp("Fewest items of an itemset.", valueName: "items"))
  var minLength: Int?

  @Option(help: ArgumentHelp("Most items of an itemset, or none.", valueName: "items"))
  var maxLength: ItemLimit?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Minimum confidence of a rule: 0.5 or 50%.", valueName: "confidence"))
  var minConfidence: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Minimum lift of a rule.", valueName: "lift"))
  var minLift: String?

  @Option(help: ArgumentHelp("Most items of an antecedent, or none.", valueName: "items"))
  var maxAntecedent: ItemLimit?

  @Option(help: ArgumentHelp("Most items of a consequent, or none.", valueName: "items"))
  var maxConsequent: ItemLimit?

  var settings: ResultSettings {
    ResultSettings(
      target: target, minLength: minLength, maxLength: maxLength, minConfidence: minConfidence,
      minLift: minLift, maxAntecedent: maxAntecedent, maxConsequent: maxConsequent)
  }
}

/// What is chosen about results after the mining; what is left out is as submitted.
struct ResultSettings {
  var target: Target?
  var minLength: Int?
  var maxLength: ItemLimit?
  var minConfidence: String?
  var minLift: String?
  var maxAntecedent: ItemLimit?
  var maxConsequent: ItemLimit?

  /// The settings of a submission with these in place of its own.
  func over(_ submitted: [String]) throws -> MiningSettings {
    var mining = try MiningSettings(plain: submitted) ?? MiningArguments.parse(submitted).settings
    mining.target = target ?? mining.target
    mining.minLength = minLength ?? mining.minLength
    mining.maxLength = maxLength ?? mining.maxLength
    if mining.target == .rules || target == nil {
      mining.minConfidence = minConfidence ?? mining.minConfidence
      mining.minLift = minLift ?? mining.minLift
      mining.maxAntecedent = maxAntecedent ?? mining.maxAntecedent
      mining.maxConsequent = maxConsequent ?? mining.maxConsequent
    } else {
      // Those of the submission have no meaning for another target; those given here are refused.
      mining.minConfidence = minConfidence
      mining.minLift = minLift
      mining.maxAntecedent = maxAntecedent
      mining.maxConsequent = maxConsequent
    }
    try mining.validate()
    return mining
  }
}

extension MiningSettings {
  /// The settings as a command line that parses to the same.
  var asArguments: [String] {
    var arguments = [
      "--min-support", minSupport, "--target", target.rawValue, "--min-length", "\(minLength)",
      "--max-length", maxLength.defaultValueDescription,
    ]
    for (name, value) in [("--min-confidence", minConfidence), ("--min-lift", minLift)] {
      if let value { arguments += [name, value] }
    }
    for (name, limit) in [
      ("--max-antecedent", maxAntecedent), ("--max-consequent", maxConsequent),
    ] {
      if let limit { arguments += [name, limit.defaultValueDescription] }
    }
    return arguments
  }
}
