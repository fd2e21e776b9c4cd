import ArgumentParser
import AssociationRules
import DemonstrationData
import Foundation
import Itemsets
import Messages
import Reports
import Runtime

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Mine the demonstration data and compare with what was published about it.",
    discussion: """
      Generates a million customers of a telecom operator, starts a cluster of one coordinator and two
      workers inside this process, adds the data, mines rules between the services they use, and
      prints the published table beside ours. Nothing is left behind.

      Example:
        lode demo
      """)

  @OptionGroup(title: "Machine") var machine: MachineArguments

  func run() throws {
    let start = monotonicSeconds()
    let machine = machine.settings
    let narrator = machine.narrator
    narrator.say("Company K: \(grouped(CompanyK.customers)) customers of a telecom operator")
    let folder = try DemonstrationFolder(in: machine.temporaryDirectory)
    defer { folder.remove() }
    try GeneratorOutput.write(CompanyKGenerator(), to: .file(folder.baskets), narrator: narrator)

    let mining = MiningSettings(
      minSupport: CompanyK.minimumSupport, minConfidence: CompanyK.minimumConfidence,
      maxAntecedent: .items(CompanyK.maximumAntecedent))
    let job = try MiningJob(
      request: mining.plan(),
      report: OutputSettings(output: .table).report(target: .rules, machine: machine),
      machine: machine)
    let mined = try CommandFailure.naming {
      narrator.say("a cluster on this machine: one coordinator, two workers, every block on both")
      let cluster = try LoopbackCluster(
        workerCount: 2, in: folder.path, threadCount: machine.threadCount)
      defer { cluster.stop() }
      return try mine(folder.baskets, mining, on: cluster, machine)
    }
    try job.run(writingTo: .standardOutput, since: start) { mined }
    try printComparison(mined, job: job)
    printNextCommands()
  }

  /// Adds the data set, submits the job, follows it and fetches the results, as the commands do.
  private func mine(
    _ baskets: String, _ mining: MiningSettings, on cluster: LoopbackCluster,
    _ machine: MachineSettings
  ) throws -> MiningJob.Mined {
    let connection = ClusterSettings(cluster: "\(cluster.address)", quiet: machine.quiet)
    try cluster.waitForWorkers(connection)
    let name = try Name("company-k")
    let sender = DataSetSender(
      name: name, reading: ReadingSettings(input: [baskets]), replication: 2,
      memory: machine.memory,
      temp: machine.temporaryDirectory, cluster: connection, saysFormat: false)
    let dataSet = try sendOnceWorkersAreReady(sender)
    machine.narrator.say(
      "\(name): \(Progress.counted(UInt64(dataSet.blockCount), "block")) of"
        + " \(readable(bytes: dataSet.byteCount)) in all, stored on two workers each")
    let client = try connection.connect()
    let specification = JobSpecification(
      dataSet: name, minimumSupport: mining.minSupport,
      maximumLevel: try mining.plan().maximumLevel, arguments: mining.asArguments)
    let submitted = try jobAnswer(client.ask(.submitJob(specification)))
    try Following(narrator: machine.narrator, outlives: false).follow(submitted, client: client)
    return try MiningJob.Mined(
      openResults(of: submitted.id, client), from: client, machine: machine)
  }

  /// Sends the data set; a worker that has joined takes blocks only when it has said what it stores.
  private func sendOnceWorkersAreReady(_ sender: DataSetSender) throws -> DataSetSummary {
    let end = monotonicSeconds() + 20
    while true {
      do {
        return try sender.send()
      } catch ClientFailure.refused(let refusal)
        where refusal.kind == .tooFewWorkers && monotonicSeconds() < end
      {
        pause(milliseconds: 20)
      }
    }
  }

  /// The published table beside what the levels hold.
  private func printComparison(_ mined: MiningJob.Mined, job: MiningJob) throws {
    let found = try FoundRules(mined, job: job)
    var rows = [["rule", "support*", "ours", "confidence", "ours", ""]]
    for published in CompanyK.publishedRules {
      let ours = found.counts[FoundRules.key(published)]
      rows.append([
        "\(published.consequent) <= \(published.antecedent)",
        percent(published.antecedentSupportHundredths),
        ours.map { percent(hundredths($0.antecedent, of: $0.transactions)) } ?? "-",
        percent(published.confidenceHundredths),
        ours.map { percent(hundredths($0.both, of: $0.antecedent)) } ?? "-",
        matches(published, ours) ? "equal" : "differs",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    print("\nAs published, in percent, and as mined (* of the antecedent):\n")
    for row in rows {
      let cells = row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 || column == row.count - 1 ? text + padding : padding + text
      }
      print("  " + trimmed(cells.joined(separator: "  ")))
    }
    let equal = CompanyK.publishedRules.count {
      matches($0, found.counts[FoundRules.key($0)])
    }
    print("\n\(equal) of \(CompanyK.publishedRules.count) rows are equal at the printed precision.")
    for note in CompanyK.notes { print("- \(note)") }
  }

  private func matches(_ published: CompanyK.PublishedRule, _ ours: RuleCounts?) -> Bool {
    guard let ours else { return false }
    return hundredths(ours.antecedent, of: ours.transactions)
      == published.antecedentSupportHundredths
      && hundredths(ours.both, of: ours.antecedent) == published.confidenceHundredths
  }

  private func printNextCommands() {
    let lode = CommandLine.arguments.first ?? "lode"
    print(
      """

      Next:
        \(lode) generate company-k --to company-k.basket
        \(lode) mine company-k.basket --min-support \(CompanyK.minimumSupport) \
      --min-confidence \(CompanyK.minimumConfidence) --sort lift

      A cluster that stays, each in a terminal of its own:
        \(lode) coordinator --data coordinator
        \(lode) worker 127.0.0.1:7400 --data worker-1
        \(lode) worker 127.0.0.1:7400 --data worker-2
        \(lode) dataset add company-k company-k.basket
        \(lode) job submit company-k --min-support \(CompanyK.minimumSupport)
      """)
  }
}

/// The mined rules by their names.
private struct FoundRules {
  private(set) var counts: [String: RuleCounts] = [:]

  init(_ mined: MiningJob.Mined, job: MiningJob) throws {
    var rules = try RuleGenerator(
      mined.levels, options: job.request.rules, memoryLimit: mined.memoryLeft)
    var batch = RuleBatch()
    while try rules.next(into: &batch) {
      for index in 0..<batch.count {
        let antecedent = Self.names(batch.items[batch.antecedent(index)], mined.items)
        let consequent = Self.names(batch.items[batch.consequent(index)], mined.items)
        counts["\(consequent) <= \(antecedent)"] = batch.counts[index]
      }
    }
  }

  static func key(_ rule: CompanyK.PublishedRule) -> String {
    "\(rule.consequent) <= \(rule.antecedent)"
  }

  private static func names(_ ranks: ArraySlice<UInt32>, _ items: RankedItems) -> String {
    ranks.map { items.name(Int($0)) }.sorted().joined(separator: " ")
  }
}

private func hundredths(_ part: UInt64, of whole: UInt64) -> Int {
  CompanyK.hundredthsOfPercent(Int(part), of: Int(whole))
}

/// Percent with the two decimals of the papers: 12.60 stands beside 12.34.
private func percent(_ hundredths: Int) -> String {
  let decimals = hundredths % 100
  return "\(hundredths / 100).\(decimals < 10 ? "0" : "")\(decimals)"
}

private func trimmed(_ line: String) -> String {
  var line = line
  while line.last == " " { line.removeLast() }
  return line
}

/// A folder for the baskets and the nodes of the demonstration.
private struct DemonstrationFolder {
  let path: String
  var baskets: String { path + "/company-k.basket" }

  init(in parent: String) throws(CommandFailure) {
    var template = Array((parent + "/lode-demo-XXXXXX").utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, mkdtemp(base) != nil else { return nil }
      return String(cString: base)
    }
    guard let made else {
      throw .failed(
        "cannot make a folder in \(parent): \(String(cString: strerror(errno))); choose another"
          + " with --temp")
    }
    path = made
  }

  func remove() {
    // What is left behind is in the folder for temporary files.
    try? FileManager.default.removeItem(atPath: path)
  }
}
