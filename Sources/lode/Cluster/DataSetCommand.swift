import ArgumentParser
import Itemsets
import Messages
import Reports

/// `lode dataset`: the data sets of a cluster.
struct DataSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset",
    abstract: "Add, list, verify and remove data sets.",
    discussion: """
      Example:
        lode dataset add retail retail.dat
      """,
    subcommands: [Add.self, List.self, Show.self, Remove.self, Verify.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Read files into a new data set of the cluster.",
      discussion: """
        Transactions are cut into blocks, and each block is stored on as many workers as --replication
        says. The data set appears at once, when every copy is safe on its disk.

        Examples:
          lode dataset add retail retail.dat
          lode dataset add orders orders.csv.gz --transaction InvoiceNo --item StockCode
        """)

    @Argument(help: "Name of the new data set.") var name: Name
    @OptionGroup(title: "Reading") var reading: ReadingArguments
    @Option(help: "Copies of each block (default: what the coordinator was started with).")
    var replication: Int?
    @Option(
      help: ArgumentHelp("Memory for grouping long rows, such as 512MiB or 50%.", valueName: "size")
    )
    var memory = "25%"
    @Option(
      help: ArgumentHelp("Folder for temporary files (default: TMPDIR or /tmp).", valueName: "dir"))
    var temp: String?
    @OptionGroup(title: "Cluster") var cluster: ClusterArguments

    mutating func validate() throws {
      if let replication, replication < 1 || replication > 16 {
        throw ValidationError("--replication \(replication): give a number from 1 to 16")
      }
      if MemorySize(memory) == nil {
        throw ValidationError(
          "--memory \(memory): give bytes such as 536870912, 512MiB or 4G, or a share such as 50%")
      }
    }

    func run() throws {
      let summary = try DataSetSender(
        name: name, reading: reading.settings, replication: replication, memory: memory, temp: temp,
        cluster: cluster.settings
      ).send()
      cluster.narrator.say(
        "\(name) is stored: \(Progress.counted(UInt64(summary.blockCount), "block")) of"
          + " \(readable(bytes: summary.byteCount)) in all,"
          + " \(summary.replication == 1 ? "1 copy" : "\(summary.replication) copies") of each")
      cluster.narrator.say("next: lode job submit \(name) --min-support 1%")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the data sets.",
      discussion: """
        Example:
          lode dataset list
        """)

    @OptionGroup var list: ListArguments
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let dataSets = try cluster.ask(.listDataSets) { response -> [DataSetSummary]? in
        guard case .dataSets(let dataSets) = response else { return nil }
        return dataSets
      }
      switch list.output {
      case .json: try printJSON(dataSets.map(DataSetView.init))
      case .table, .wide:
        for line in dataSetTable(dataSets, isWide: list.output == .wide).lines { print(line) }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show one data set.",
      discussion: """
        Example:
          lode dataset show retail -o json
        """)

    @Argument(help: "The data set.") var name: Name
    @OptionGroup var list: ListArguments
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let dataSet = try cluster.ask(.showDataSet(name)) { response -> DataSetSummary? in
        guard case .dataSet(let dataSet) = response else { return nil }
        return dataSet
      }
      switch list.output {
      case .json: try printJSON(DataSetView(dataSet))
      case .table, .wide:
        for line in dataSetTable([dataSet], isWide: true).lines { print(line) }
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Remove a data set that no job uses.",
      discussion: """
        Results of jobs that have ended are kept.

        Example:
          lode dataset remove retail
        """)

    @Argument(help: "The data set.") var name: Name
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      try cluster.ask(.removeDataSet(name)) { $0 == .done ? () : nil }
      cluster.narrator.say("\(name) is removed")
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Check the checksums of every replica of a data set.",
      discussion: """
        Every worker reads its replicas from disk. What is found damaged is repaired from another
        replica; the exit status is 1 where anything was wrong.

        Example:
          lode dataset verify retail
        """)

    @Argument(help: "The data set.") var name: Name
    @OptionGroup var list: ListArguments
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let client = try cluster.connect()
      let id = RequestID.random()
      let narrator = cluster.narrator
      while true {
        let response = try client.ask(.verifyDataSet(name), id: id, deadlineMilliseconds: 10_000)
        let report = try answer(of: response) { response -> VerificationReport? in
          guard case .verification(let report) = response else { return nil }
          return report
        }
        narrator.show(
          "\(name): \(grouped(report.checkedCount)) of \(grouped(report.replicaCount)) replicas")
        if report.isComplete {
          narrator.clear()
          return try show(report)
        }
        pause(milliseconds: 200)
      }
    }

    private func show(_ report: VerificationReport) throws {
      if list.output == .json {
        try printJSON(VerificationView(name, report))
      } else {
        for defect in report.defects {
          print("\(defect.node): \(defect.object): \(readable(defect.failure))")
        }
        print(
          "\(name): \(grouped(report.checkedCount)) of \(grouped(report.replicaCount)) replicas checked,"
            + " \(Progress.counted(UInt64(report.defects.count), "defect"))")
      }
      if report.unreachableCount > 0 {
        throw CommandFailure.failed(
          "\(Progress.counted(UInt64(report.unreachableCount), "replica")) could not be checked:"
            + " workers are away; see `lode node list`")
      }
      if !report.defects.isEmpty {
        throw CommandFailure.failed(
          "\(Progress.counted(UInt64(report.defects.count), "replica")) of \(name) found wrong;"
            + " each is being made anew from another replica, see `lode status`")
      }
    }
  }
}

/// The data sets as a table.
func dataSetTable(_ dataSets: [DataSetSummary], isWide: Bool) -> TextTable {
  var titles = [
    "DATASET", "TRANSACTIONS>", "ITEMS>", "BLOCKS>", "BYTES>", "COPIES>", "HEALTH",
  ]
  if isWide { titles += ["SHARDS>", "VERSION>", "ADDED (UTC)", "ID", "SOURCE"] }
  var table = TextTable(titles)
  for dataSet in dataSets {
    let health =
      !dataSet.lostBlocks.isEmpty
      ? "\(grouped(dataSet.lostBlocks.count)) blocks lost"
      : dataSet.underReplicatedCount > 0
        ? "\(grouped(dataSet.underReplicatedCount)) objects need copies" : "good"
    var cells = [
      dataSet.name.text, grouped(dataSet.transactionCount), grouped(dataSet.itemCount),
      grouped(dataSet.blockCount), readable(bytes: dataSet.byteCount), "\(dataSet.replication)",
      health,
    ]
    if isWide {
      cells += [
        grouped(dataSet.shardCount), "\(dataSet.version)",
        readable(unixMilliseconds: dataSet.addedAt), "\(dataSet.id)", dataSet.source,
      ]
    }
    table.add(cells)
  }
  return table
}
