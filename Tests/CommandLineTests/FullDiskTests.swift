import CommandRunner
import Testing

/// When what is written cannot be taken, the command says so and leaves nothing behind.
@Suite struct FullDiskTests {
  @Test(arguments: [
    "mine nine.basket --min-support 1",
    "mine nine.basket --min-support 1 --target itemsets -o fimi",
    "mine nine.basket --min-support 1 -o table", "mine nine.basket --min-support 1 --sort lift",
    "demo", "limits", "generate quest --transactions 1000", "generate company-k", "--help",
  ])
  func failsOnAFullDevice(arguments: String) throws {
    let outcome = try lode(arguments, in: folderWithNineBaskets(), output: "/dev/full")
    #expect(outcome.status == 1)
    if arguments != "--help" {
      #expect(
        outcome.messageLines.last?.hasPrefix("lode: cannot write to standard output") == true,
        "\(outcome.messages)")
    }
    // What standard output took, it has.
    #expect(!outcome.messages.contains("Nothing was kept"))
    #expect(outcome.leftovers.isEmpty)
  }

  /// More rules than are put aside, so that threads wait for each other when the first one fails.
  @Test(arguments: [1, 2, 4])
  func failsOnAFullDeviceWithThreads(threadCount: Int) throws {
    let outcome = try CommandRunner.shell(
      """
      $lode generate quest -q --transactions 2000 > quest
      $lode mine quest -q --min-support 0.5% --min-confidence 0.1 --max-consequent none \\
        --threads \(threadCount) -o csv > /dev/full
      """, in: TemporaryFolder())
    #expect(outcome.status == 1)
    #expect(outcome.messageLines.count == 1, "\(outcome.messages)")
    #expect(outcome.messages.hasPrefix("lode: cannot write to standard output"))
  }

  /// A disk of 64 KiB, in a mount namespace that ends with the script.
  private func onASmallDisk(_ script: String) throws -> Outcome? {
    let folder = try TemporaryFolder()
    try folder.write("x.sh", "mount -t tmpfs -o size=64k tmpfs disk\n\(script)\n")
    let outcome = try CommandRunner.shell(
      "mkdir disk; unshare --mount true 2>/dev/null || exit 77; export lode; unshare --mount bash x.sh",
      in: folder)
    if outcome.status == 77 || outcome.messages.contains("mount:") {
      print("skipped: a small disk cannot be mounted here")
      return nil
    }
    return outcome
  }

  @Test(arguments: [
    "seq 1 20000 | $lode mine - --target itemsets --min-support 1 -q --to disk/out",
    "seq 1 20000 | $lode mine - --target itemsets --min-support 1 -q -o fimi --to disk/out",
    "$lode generate quest -q --to disk/out",
    "$lode demo -q --temp disk",
  ])
  func leavesNothingOnAFullDisk(command: String) throws {
    guard let outcome = try onASmallDisk("\(command)\nstatus=$?\nls -A disk\nexit $status")
    else { return }
    #expect(outcome.status == 1)
    #expect(outcome.text == "")
    #expect(outcome.messages.hasPrefix("lode: cannot write to disk/"))
    #expect(outcome.messages.contains("Nothing was kept of it"))
    #expect(outcome.messages.contains("no space left on device; free some space"))
  }

  /// Blocks that do not fit in memory, and not on the disk either.
  @Test func namesTheFolderOfBlocksBeyondMemory() throws {
    guard
      let outcome = try onASmallDisk(
        """
        seq 1 200000 | sed 's/.*/&0 &1 &2/' | $lode mine - -q --memory 1MiB --temp disk \
          --block-transactions 1000
        status=$?
        ls -A disk
        exit $status
        """)
    else { return }
    #expect(outcome.status == 1)
    #expect(outcome.text == "")
    #expect(
      outcome.messages.hasPrefix("lode: cannot write a temporary file in disk: No space left"),
      "\(outcome.messages)")
    #expect(outcome.messages.contains("name a folder with more room with --temp"))
  }

  @Test func keepsTheFileThatWasThere() throws {
    guard
      let outcome = try onASmallDisk(
        """
        echo before > disk/out
        seq 1 20000 | $lode mine - --target itemsets --min-support 1 -q --to disk/out
        status=$?
        ls -A disk
        cat disk/out
        exit $status
        """)
    else { return }
    #expect(outcome.status == 1)
    #expect(outcome.text == "out\nbefore\n")
  }

  @Test func refusesPlacesThatCannotBeWritten() throws {
    let folder = try folderWithNineBaskets()
    let missing = try lode("mine nine.basket --to nowhere/out.csv", in: folder)
    expectFailure(missing, status: 1, naming: ["nowhere/out.csv", "nowhere does not exist"])
    let directory = try lode("mine nine.basket --to .", in: folder)
    expectFailure(directory, status: 1, naming: ["cannot write to .", "folder"])
    #expect(folder.names == ["nine.basket"])
  }

  /// Whoever reads has seen enough: no message, no failure.
  @Test(arguments: [
    "$lode generate quest", "$lode generate company-k", "$lode limits", "$lode --help",
    "seq 1 3000 | $lode mine - --target itemsets --min-support 1 -q",
    "seq 1 3000 | $lode mine - --target itemsets --min-support 1 -q -o fimi",
    "seq 1 3000 | $lode mine - --target closed --min-support 1 -q --sort support -o json",
    "$lode generate quest -q | $lode mine - --min-support 0.1% -q",
    "$lode generate quest -q | $lode mine - --min-support 0.1% -q --sort lift",
    "$lode demo -q",
  ])
  func endsQuietlyWhenThePipeIsClosed(command: String) throws {
    let outcome = try CommandRunner.shell(
      "\(command) | head -1 | wc -l; echo ${PIPESTATUS[*]}", in: TemporaryFolder())
    let lines = outcome.lines
    try #require(lines.count == 3)
    #expect(lines[0] == "1")
    #expect(lines[1].split(separator: " ").allSatisfy { $0 == "0" }, "\(lines[1])")
    #expect(outcome.messages == "")
    #expect(outcome.leftovers.isEmpty)
  }

  @Test func endsQuietlyWhenNobodyReads() throws {
    let outcome = try CommandRunner.shell(
      "$lode mine nine.basket --min-support 1 -q | true; echo ${PIPESTATUS[0]}",
      in: folderWithNineBaskets())
    #expect(outcome.text == "0\n")
    #expect(outcome.messages == "")
  }
}
