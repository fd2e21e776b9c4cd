import CommandRunner
import Testing

/// What once went wrong at the command line; each test is named by what it did.
@Suite struct RegressionTests {
  /// Ten equal transactions of 70 items: 2^70 - 1 frequent itemsets, all perfect extensions.
  private static func manyItemsets() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let line = (1...70).map(String.init).joined(separator: " ") + "\n"
    try folder.write("w70.dat", String(repeating: line, count: 10))
    return folder
  }

  @Test func refusedLengthsBeyondBothSidesOfARule() throws {
    let folder = try folderWithNineBaskets()
    let common = "mine nine.basket --min-support 1 --min-confidence 1% --max-consequent 1"
    let expected = try answer("\(common) --max-antecedent 1", in: folder)
    #expect(expected.count > 1)
    for length in [2, 3, 4, 10] {
      #expect(
        try answer("\(common) --max-antecedent 1 --max-length \(length)", in: folder) == expected)
    }
    #expect(try answer("\(common) --max-antecedent 1 --max-length 1", in: folder) == [ruleHeader])
  }

  @Test func talkedIntoTheDataFileWhenStandardErrorWasClosed() throws {
    let folder = try folderWithNineBaskets()
    let quiet = try answer(
      "mine nine.basket --min-support 2 --min-confidence 40% --quiet", in: folder)
    let outcome = try CommandRunner.shell(
      """
      "$lode" mine nine.basket --min-support 2 --min-confidence 40% --to rules.csv 2>&-; \
      cat rules.csv
      """, in: folder)
    #expect(outcome.lines.dropLast().map(String.init) == quiet)
  }

  @Test func failedAfterWritingBecauseTheSummaryCouldNotCount() throws {
    let folder = try Self.manyItemsets()
    for format in ["csv", "table"] {
      let outcome = try lode(
        "mine w70.dat --min-support 2 --target itemsets --top 2 -o \(format)", in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.messages.contains("more than 2^64 frequent itemsets"))
    }
  }

  @Test func wentOnMakingRulesThatTopHadCutOff() throws {
    let folder = try Self.manyItemsets()
    let outcome = try lode("mine w70.dat --min-support 2 --top 2 -o csv", in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.lines.dropLast().count == 3)
    #expect(outcome.messages.contains("first 2 rules; --top none for all"))
  }

  @Test func ignoredKernelsItDidNotKnow() throws {
    let folder = try folderWithNineBaskets()
    let command = "mine nine.basket --min-support 2 --quiet"
    let unknown = try CommandRunner.shell(#"LODE_KERNEL=abacus "$lode" \#(command)"#, in: folder)
    expectFailure(unknown, status: 2, naming: ["LODE_KERNEL", "unset it"])
    let scalar = try CommandRunner.shell(#"LODE_KERNEL=scalar "$lode" \#(command)"#, in: folder)
    #expect(scalar.lines.dropLast().map(String.init) == (try answer(command, in: folder)))
  }

  @Test func calledFrequentItemsTheCandidatesOfLevelOne() throws {
    let folder = try folderWithNineBaskets()
    let outcome = try lode("mine nine.basket --min-support 5 --target itemsets", in: folder)
    #expect(outcome.messages.contains("level 1: 4 candidates, 1 frequent"))
  }

  /// A block a transaction once cost blocks x items x 4 bytes, hundreds of MiB here.
  @Test func tinyBlocksTookGigabytes() throws {
    let folder = try TemporaryFolder()
    var lines = ""
    for row in 0..<20_000 {
      lines += "\(row % 2000) \((row * 7) % 2000) \((row * 13 + 5) % 2000)\n"
    }
    try folder.write("many.dat", lines)
    let common = "mine many.dat --min-support 2 --target itemsets -o fimi"
    let expected = try answer(common, in: folder)
    let outcome = try lode("\(common) --block-transactions 1", in: folder)
    #expect(outcome.lines.dropLast().map(String.init) == expected)
    #expect(outcome.peakBytes < 160 << 20)
  }
}
