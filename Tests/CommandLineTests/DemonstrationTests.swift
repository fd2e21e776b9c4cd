import CommandRunner
import Testing

@Suite struct DemonstrationTests {
  @Test func demoPrintsThePapersTable() throws {
    let outcome = try lode("demo", in: TemporaryFolder())
    #expect(outcome.status == 0)
    #expect(outcome.leftovers.isEmpty)
    let lines = outcome.lines.map(String.init)
    let table = lines.filter {
      $0.contains("<=") && ($0.hasSuffix("equal") || $0.hasSuffix("differs"))
    }
    .map { $0.split(separator: " ").joined(separator: " ") }
    #expect(
      table == [
        "game <= video 3.21 3.21 24.34 24.34 equal",
        "video <= game 6.20 6.20 12.34 12.60 differs",
        "weather <= music 4.30 4.30 12.32 12.32 equal",
        "game <= news 2.30 2.30 14.21 14.21 equal",
        "weather <= news 2.50 2.30 10.22 10.22 differs",
        "game <= reading 1.77 1.77 14.23 14.23 equal",
        "video <= reading 1.77 1.77 13.54 13.54 equal",
        "news <= securities 0.53 0.53 22.08 22.08 equal",
        "game <= securities 0.53 0.53 17.23 17.23 equal",
        "video <= securities 0.53 0.53 13.22 13.22 equal",
      ])
    #expect(lines.contains("8 of 10 rows are equal at the printed precision."))
    #expect(outcome.text.contains("11 % would hide weather <= news"))
    #expect(outcome.messages.contains("1,000,000 transactions"))
    #expect(outcome.messages.contains(", 10 rules, "))
    let quiet = try lode("demo --quiet", in: TemporaryFolder())
    #expect(quiet.messages == "")
    #expect(quiet.output == outcome.output)
  }

  /// What the demo suggests to run next works as it stands.
  @Test func demosNextCommandsWork() throws {
    let folder = try TemporaryFolder()
    let demo = try answer("demo -q", in: folder)
    let next = try #require(demo.firstIndex(of: "Next:"))
    // Those of a cluster that stays come after an empty line, and run until they are stopped.
    let commands = demo[(next + 1)...].prefix { !$0.isEmpty }
    #expect(commands.count == 2)
    for command in commands {
      let outcome = try CommandRunner.shell(command, in: folder)
      #expect(outcome.status == 0, "\(command): \(outcome.messages)")
    }
    #expect(folder.names == ["company-k.basket"])
  }

  @Test func minedFromAFileItGivesTheSameRules() throws {
    let folder = try TemporaryFolder()
    _ = try answer("generate company-k --to k.basket", in: folder)
    let rules = try answer(
      "mine k.basket --min-support 0.05% --min-confidence 10% --max-antecedent 2 -q", in: folder)
    #expect(rules.count == 11)
    #expect(
      rules.contains { $0.hasPrefix("video,game,0.0321,0.062,0.007813,") && $0.hasSuffix(",7813") })
  }

  @Test(arguments: ["generate quest --transactions 2000", "generate company-k --customers 20000"])
  func theSameSeedGivesTheSameBytes(arguments: String) throws {
    let folder = try TemporaryFolder()
    let first = try lode(arguments, in: folder)
    #expect(first.status == 0 && first.output.count > 1000)
    #expect(try lode("\(arguments) --seed 1", in: folder).output == first.output)
    #expect(try lode("\(arguments) --seed 2", in: folder).output != first.output)
    _ = try answer("\(arguments) --to out", in: folder)
    #expect(try folder.read("out") == first.output)
    #expect(folder.names == ["out"])
    #expect(first.lines.count - 1 == (arguments.contains("quest") ? 2000 : 20_000))
  }

  @Test func limitsListsEveryLimit() throws {
    let rows = try answer("limits", in: TemporaryFolder())
    for (name, value) in [
      ("lineBytes", "67,108,864"), ("nameBytes", "65,536"), ("transactionItems", "4,194,304"),
      ("distinctItems", "67,108,864"), ("blockTransactions", "65,536"),
    ] {
      let row = rows.first { $0.hasPrefix("\(name) ") }?.split(separator: " ")
      #expect(row?[1] == Substring(value), "\(name)")
      #expect((row?.count ?? 0) > 3)
    }
  }
}
