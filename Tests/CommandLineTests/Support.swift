import CommandRunner
import Testing

/// The papers' nine baskets.
let nineBaskets = """
  milk,bread
  milk,bread
  milk,biscuit
  milk,biscuit
  milk,drink
  milk,drink
  bread,biscuit
  bread,drink
  biscuit,drink

  """

let itemsetHeader = "items,length,count,support"
let ruleHeader =
  "antecedents,consequents,antecedent_support,consequent_support,support,confidence,lift,"
  + "leverage,conviction,count"

/// A folder with the nine baskets in `nine.basket`.
func folderWithNineBaskets() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try folder.write("nine.basket", nineBaskets)
  return folder
}

/// Runs `lode`; the arguments are written as on a command line without quotes.
func lode(
  _ arguments: String, in folder: TemporaryFolder, input: String = "/dev/null",
  output: String? = nil
) throws -> Outcome {
  try CommandRunner.run(
    arguments.split(separator: " ").map(String.init), in: folder, input: input, output: output)
}

/// What `lode` writes when it must succeed.
func answer(
  _ arguments: String, in folder: TemporaryFolder, input: String = "/dev/null",
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> [String] {
  let outcome = try lode(arguments, in: folder, input: input)
  try #require(outcome.status == 0, "\(outcome.messages)", sourceLocation: sourceLocation)
  #expect(outcome.leftovers.isEmpty, sourceLocation: sourceLocation)
  #expect(outcome.text.hasSuffix("\n") || outcome.output.isEmpty, sourceLocation: sourceLocation)
  return outcome.lines.dropLast().map(String.init)
}

/// Expects that `lode` failed with one message that holds all `parts`, and wrote nothing.
func expectFailure(
  _ outcome: Outcome, status: Int32, naming parts: [String],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == status, "\(outcome.messages)", sourceLocation: sourceLocation)
  #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
  #expect(outcome.leftovers.isEmpty, sourceLocation: sourceLocation)
  for part in parts {
    #expect(
      outcome.messages.contains(part), "\(part) not in: \(outcome.messages)",
      sourceLocation: sourceLocation)
  }
}
