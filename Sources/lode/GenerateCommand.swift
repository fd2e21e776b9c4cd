public import ArgumentParser
public import DemonstrationData
import Itemsets
import Reports

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate the demonstration and benchmark data.",
    discussion: """
      Example:
        lode generate quest --transactions 1000000 --average-length 20 --to quest.dat
      """,
    subcommands: [GenerateCompanyKCommand.self, GenerateQuestCommand.self])

  func run() throws {
    throw CommandFailure.usage("say what to generate\n\n" + Lode.helpMessage(for: Self.self))
  }
}

/// Where generated baskets go.
struct GeneratorOutput: ParsableArguments {
  @Option(help: ArgumentHelp("File to write; it appears only when complete.", valueName: "file"))
  var to: String?

  @Flag(name: .shortAndLong, help: "No progress and no summary; errors are still shown.")
  var quiet = false

  /// Writes all that `generator` makes.
  func write(_ generator: some BasketGenerator) throws {
    try Self.write(
      generator, to: to.map { .file($0) } ?? .standardOutput, narrator: Narrator(isQuiet: quiet))
  }

  /// Writes all that `generator` makes to `destination`.
  static func write(
    _ generator: some BasketGenerator, to destination: OutputDestination, narrator: Narrator
  ) throws {
    var generator = generator
    do throws(OutputError) {
      var output = try OutputBuffer(destination)
      var chunk: [UInt8] = []
      var written = 0
      var nextProgress = monotonicSeconds() + 0.5
      while generator.next(into: &chunk, upTo: 1 << 16) {
        let room = try output.reserve(chunk.count)
        room.update(from: chunk, count: chunk.count)
        output.advance(to: room + chunk.count)
        written += chunk.count
        if monotonicSeconds() >= nextProgress {
          narrator.show("\(grouped(written >> 20)) MiB written")
          nextProgress = monotonicSeconds() + 0.2
        }
      }
      try output.finish()
      narrator.clear()
    } catch {
      if error == .closedPipe { throw error }
      throw CommandFailure.failed(error)
    }
  }
}

struct GenerateCompanyKCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "company-k",
    abstract: "Customers of a telecom operator and the services they use, one customer a line.",
    discussion: """
      The counts are planted exactly, so that mining gives the figures published for the company.

      Example:
        lode generate company-k --to company-k.basket
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Number of customers; the published counts are scaled in proportion.", valueName: "number"))
  var customers = CompanyK.customers

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seed; the same seed gives the same bytes.", valueName: "number"))
  var seed: UInt64 = 1

  @OptionGroup var output: GeneratorOutput

  mutating func validate() throws {
    do throws(GeneratorParameterError) {
      _ = try generator()
    } catch {
      throw ValidationError(error.description)
    }
  }

  func run() throws {
    try output.write(generator())
  }

  private func generator() throws(GeneratorParameterError) -> CompanyKGenerator {
    try CompanyKGenerator(customers: customers, seed: seed)
  }
}

extension QuestParameters.ItemWeights: ExpressibleByArgument {}

struct GenerateQuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quest",
    abstract: "Baskets after Agrawal and Srikant (VLDB 1994, section 2.4.3), one a line.",
    discussion: """
      Example:
        lode generate quest --average-length 10 --to T10I4D100K.dat
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of transactions.", valueName: "number"))
  var transactions = QuestParameters().transactions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Average items of a transaction.", valueName: "items"))
  var averageLength = QuestParameters().averageLength

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Average items of a pattern.", valueName: "items"))
  var averagePatternLength = QuestParameters().averagePatternLength

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of patterns.", valueName: "number"))
  var patterns = QuestParameters().patterns

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Number of items.", valueName: "number"))
  var items = QuestParameters().items

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Correlation between one pattern and the next.", valueName: "level"))
  var correlation = QuestParameters().correlation

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Mean of the patterns' corruption.", valueName: "level"))
  var corruption = QuestParameters().corruptionMean

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Variance of the patterns' corruption.", valueName: "level"))
  var corruptionVariance = QuestParameters().corruptionVariance

  @Option(help: "How items are drawn into patterns.")
  var weights = QuestParameters().itemWeights

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seed; the same seed gives the same bytes.", valueName: "number"))
  var seed = QuestParameters().seed

  @OptionGroup var output: GeneratorOutput

  mutating func validate() throws {
    do throws(GeneratorParameterError) {
      _ = try generator()
    } catch {
      throw ValidationError(error.description)
    }
  }

  func run() throws {
    try output.write(generator())
  }

  private func generator() throws(GeneratorParameterError) -> QuestGenerator {
    var parameters = QuestParameters()
    parameters.transactions = transactions
    parameters.averageLength = averageLength
    parameters.averagePatternLength = averagePatternLength
    parameters.patterns = patterns
    parameters.items = items
    parameters.correlation = correlation
    parameters.corruptionMean = corruption
    parameters.corruptionVariance = corruptionVariance
    parameters.itemWeights = weights
    parameters.seed = seed
    return try QuestGenerator(parameters)
  }
}
