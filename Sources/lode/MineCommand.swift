import ArgumentParser
import CBitmapKernels
import Reports

struct MineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mine",
    abstract: "Find frequent itemsets or association rules in files.",
    discussion: """
      Data goes to standard output, messages to standard error.

      Examples:
        lode mine groceries.csv --min-support 0.5% --min-confidence 40%
        lode mine retail.dat --target closed --min-support 89 -o csv --to closed.csv
        lode mine orders.csv.gz --transaction InvoiceNo --item StockCode --min-lift 2
      """)

  @OptionGroup(title: "Reading") var reading: ReadingArguments
  @OptionGroup(title: "Mining") var mining: MiningArguments
  @OptionGroup(title: "Output") var output: OutputArguments
  @OptionGroup(title: "Machine") var machine: MachineArguments

  mutating func validate() throws {
    try mine.validate()
  }

  func run() throws {
    try mine.run()
  }

  private var mine: Mine {
    Mine(
      reading: reading.settings, mining: mining.settings, output: output.settings,
      machine: machine.settings)
  }
}

/// What `lode mine` does, however its arguments were read.
struct Mine {
  var reading = ReadingSettings()
  var mining = MiningSettings()
  var output = OutputSettings()
  var machine = MachineSettings()

  /// Checks what no group of options can by itself.
  func validate() throws {
    _ = try output.report(target: mining.target, machine: machine)
  }

  func run() throws {
    if lode_kernel_request_refused() != 0 {
      throw CommandFailure.usage(
        "LODE_KERNEL names no kernels that this processor can run; unset it (this processor then"
          + " uses \(String(cString: lode_kernel_name()))), or set scalar, avx2, avx512 or neon")
    }
    let job = try MiningJob(
      request: mining.plan(), report: output.report(target: mining.target, machine: machine),
      machine: machine)
    let start = monotonicSeconds()
    try job.run(writingTo: output.destination, since: start) {
      try job.mine(LoadedTransactions.load(reading, machine: machine))
    }
  }
}
