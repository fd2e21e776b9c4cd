public import ArgumentParser
import Glibc
public import TransactionReaders

extension TransactionFormat: ExpressibleByArgument {}

extension Separator: ExpressibleByArgument {
  /// A separator by its character or name.
  public init?(argument: String) { self.init(argument) }
}

/// The options that say how the inputs are read.
struct ReadingArguments: ParsableArguments {
  @Argument(help: "Files, - for standard input; gzip is read as it is.")
  var input: [String]

  @Option(help: "Format of the inputs (default: by file name and first lines).")
  var format: TransactionFormat?

  @Option(
    help: ArgumentHelp(
      "Separator: one character, or blanks, comma, semicolon, pipe, tab (default: by first lines).",
      valueName: "char"))
  var separator: Separator?

  @Option(
    help: ArgumentHelp(
      "Column that names the transaction of a row; repeat it for a composite key. A row is skipped if"
        + " all its key cells are empty.",
      valueName: "column"))
  var transaction: [String] = []

  @Option(help: ArgumentHelp("Column that holds the item of a row.", valueName: "column"))
  var item: String?

  @Option(help: ArgumentHelp("Column that holds a transaction's time.", valueName: "column"))
  var time: String?

  @Option(help: ArgumentHelp("Column that holds a transaction's customer.", valueName: "column"))
  var customer: String?

  @Flag(
    help: "Skip the first row of csv or tsv, also where columns are given by number.")
  var header = false

  @Flag(help: "Each row of csv or tsv is a transaction of items column=value.")
  var table = false

  @Flag(help: "Remove blanks around items.")
  var trim = false

  @Flag(help: "Count blank lines of baskets as transactions without items.")
  var keepEmpty = false

  @Option(
    help: ArgumentHelp("Transactions in a block, at most 65536.", valueName: "number"))
  var blockTransactions = ReadingSettings().blockTransactions

  mutating func validate() throws {
    try settings.validate()
  }

  var settings: ReadingSettings {
    ReadingSettings(
      input: input, format: format, separator: separator, transaction: transaction, item: item,
      time: time, customer: customer, header: header, table: table, trim: trim,
      keepEmpty: keepEmpty, blockTransactions: blockTransactions)
  }
}

/// How the inputs are read.
struct ReadingSettings {
  var input: [String] = []
  var format: TransactionFormat?
  var separator: Separator?
  var transaction: [String] = []
  var item: String?
  var time: String?
  var customer: String?
  var header = false
  var table = false
  var trim = false
  var keepEmpty = false
  var blockTransactions = 65_536

  func validate() throws {
    if blockTransactions < 1 || blockTransactions > 65_536 {
      throw ValidationError(
        "--block-transactions \(blockTransactions): give a number from 1 to 65536")
    }
    if input.isEmpty {
      throw ValidationError("no input; give the names of files, or - for standard input")
    }
    if input.contains("") {
      throw ValidationError("an input has an empty name; give the name of a file, or -")
    }
    do {
      try options(machine: nil).validate()
    } catch {
      throw ValidationError(error.message)
    }
  }

  /// The options for the reader; a machine tells where grouping may spill.
  func options(machine: MachineSettings?) -> ReadingOptions {
    var options = ReadingOptions()
    options.format = format
    options.separator = separator
    options.transactionColumns = transaction
    options.itemColumn = item
    options.timeColumn = time
    options.customerColumn = customer
    options.header = header
    options.table = table
    options.trim = trim
    options.keepEmpty = keepEmpty
    if let machine {
      options.memoryBudget = machine.memoryBytes / 2
      options.temporaryDirectory = machine.temporaryDirectory
    }
    return options
  }
}
