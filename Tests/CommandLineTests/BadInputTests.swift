import CommandRunner
import Testing

/// What is wrong with an input ends with status 1 and a message that names file, line and remedy;
/// nothing is written to standard output, and no file is left where `--to` says.
@Suite struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var options = ""
    var parts: [String]

    init(_ name: String, _ text: String, options: String = "", _ parts: [String]) {
      self.init(name, bytes: Array(text.utf8), options: options, parts)
    }

    init(_ name: String, bytes: [UInt8], options: String = "", _ parts: [String]) {
      self.name = name
      self.bytes = bytes
      self.options = options
      self.parts = parts
    }

    var testDescription: String { "\(name) \(options) \(parts.first ?? "")" }
  }

  static let longName = String(repeating: "n", count: 65_537)
  static let long = "--transaction id --item item"

  static let cases: [Case] = [
    Case("empty.csv", "", ["empty.csv: holds no transactions"]),
    Case("blank.basket", "\n\n", ["blank.basket: holds no transactions"]),
    Case("utf.basket", bytes: [97, 10, 98, 0xFF, 10], ["utf.basket:2: ", "UTF-8", "iconv"]),
    Case("utf.csv", bytes: [97, 44, 98, 10, 0xC3, 0x28, 10], ["utf.csv:2: ", "UTF-8", "iconv"]),
    Case("nul.basket", "a b\nc\0d\n", ["nul.basket:2: ", "NUL", "binary"]),
    Case("nul.csv", "a,b\nc,d\n\0\n", ["nul.csv:3: ", "NUL", "binary"]),
    Case("program", bytes: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0], ["program:1: ", "binary"]),
    Case("quote.csv", "a,b\n\"c,d\ne,f\n", ["quote.csv:2: ", "quote", "close it"]),
    Case(
      "short.csv", "id,item\n1,a\n2\n", options: long,
      ["short.csv:3: ", "column 2", "complete the row"]),
    Case("short.tsv", "id\titem\n1\ta\n2\n", options: long, ["short.tsv:3: ", "column 2"]),
    Case(
      "column.csv", "id,item\n1,a\n", options: "--transaction id --item thing",
      ["column.csv:1: ", "no column \"thing\"", "\"id\", \"item\""]),
    Case(
      "number.csv", "1,a\n", options: "--transaction 1 --item 7", ["number.csv:1: ", "column 7"]),
    Case(
      "time.csv", "id,item,at\n1,a,2024-01-01\n2,b,soon\n", options: long + " --time at",
      ["time.csv:3: ", "soon"]),
    Case("json.ndjson", "[1]\n[1,2\n", ["json.ndjson:2: ", "]"]),
    Case("member.ndjson", "{\"id\":1}\n", options: long, ["member.ndjson:1: ", "item"]),
    Case("sequence.spmf", "1 -1 2 -1 -2\n", ["sequence.spmf:1: ", "sequences", "-1 and -2"]),
    Case("word.spmf", "1 2\nx 2\n", ["word.spmf:2: ", "x", "--format basket"]),
    Case("name.basket", "a,b\n\(longName),b\n", ["name.basket:2: ", "65,536", "nameBytes"]),
    Case("name.csv", "a,b\na,\(longName)\n", ["name.csv:2: ", "65,536", "nameBytes"]),
    Case(
      "key.csv", "id,item\n\(longName),b\n", options: long, ["key.csv:2: ", "65,536", "nameBytes"]),
    Case("deep.ndjson", String(repeating: "[", count: 100), ["deep.ndjson:1: "]),
    Case("cut.gz", bytes: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B], ["cut.gz: ", "too soon"]),
    Case("junk.gz", bytes: [0x1F, 0x8B, 8] + Array("no such thing".utf8), ["junk.gz: "]),
  ]

  @Test(arguments: cases)
  func refuses(_ bad: Case) throws {
    let folder = try TemporaryFolder()
    try folder.write(bad.name, bad.bytes)
    for output in ["", "--to out", "--to out -o json --target itemsets"] {
      let outcome = try lode("mine \(bad.name) \(bad.options) \(output)", in: folder)
      expectFailure(outcome, status: 1, naming: ["lode: "] + bad.parts)
      #expect(outcome.messageLines.last?.hasPrefix("lode: \(bad.name):") == true)
      #expect(folder.names == [bad.name])
    }
    let quiet = try lode("mine \(bad.name) \(bad.options) --quiet", in: folder)
    expectFailure(quiet, status: 1, naming: bad.parts)
    #expect(quiet.messageLines.count == 1)
  }

  @Test func refusesNamesThatAreNoFiles() throws {
    let folder = try folderWithNineBaskets()
    let missing = try lode("mine nine.basket missing.csv --to out", in: folder)
    expectFailure(
      missing, status: 1, naming: ["lode: missing.csv: no such file", "check the path"])
    let directory = try lode("mine . --to out", in: folder)
    expectFailure(directory, status: 1, naming: ["lode: .: is a directory", "name the files"])
    #expect(folder.names == ["nine.basket"])
  }

  @Test func namesTheInputThatIsWrong() throws {
    let folder = try folderWithNineBaskets()
    try folder.write("bad.basket", "a\n\0\n")
    let outcome = try lode("mine nine.basket bad.basket", in: folder)
    expectFailure(outcome, status: 1, naming: ["lode: bad.basket:2: "])
    let input = try lode("mine -", in: folder, input: "\(folder.path)/bad.basket")
    expectFailure(input, status: 1, naming: ["lode: standard input:2: "])
  }

  /// A gibibyte without a newline, of a byte that begins a line of each format.
  @Test(arguments: [("basket", "a"), ("csv", "a"), ("ndjson", "["), ("spmf", "1")])
  func refusesAnEndlessLineInBoundedMemory(format: String, byte: String) throws {
    let outcome = try CommandRunner.shell(
      "exec $lode mine - --format \(format) --to out < <(head -c 1G /dev/zero | tr '\\0' '\(byte)')",
      in: TemporaryFolder())
    expectFailure(outcome, status: 1, naming: ["standard input:1: ", "67,108,864", "lineBytes"])
    #expect(outcome.peakBytes > 64 << 20)
    #expect(outcome.peakBytes < 128 << 20, "\(outcome.peakBytes >> 20) MiB")
  }

  @Test func refusesALineOverTheLimitWhereverItStands() throws {
    let folder = try TemporaryFolder()
    let outcome = try CommandRunner.shell(
      "(echo a,b; head -c 67108865 /dev/zero | tr '\\0' ,) | $lode mine - --to out", in: folder)
    expectFailure(outcome, status: 1, naming: ["standard input:2: ", "lineBytes"])
    #expect(folder.names.isEmpty)
  }

  @Test func acceptsWhatIsJustWithinTheLimits() throws {
    let folder = try TemporaryFolder()
    try folder.write("name.basket", "\(Self.longName.dropLast()),b\n")
    let outcome = try lode("mine name.basket --target maximal", in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.output.count > 65_536)
    let line = try CommandRunner.shell(
      "(echo a,b; head -c 67108860 /dev/zero | tr '\\0' ,; echo) | $lode mine - -q", in: folder)
    #expect(line.status == 0, "\(line.messages)")
  }

  /// A line of a quarter of a gibibyte, compressed to a megabyte.
  @Test func refusesABombInBoundedMemory() throws {
    let outcome = try CommandRunner.shell(
      "exec $lode mine - --to out < <(head -c 256M /dev/zero | tr '\\0' a | gzip -1)",
      in: TemporaryFolder())
    expectFailure(outcome, status: 1, naming: ["standard input:1: ", "lineBytes"])
    #expect(outcome.peakBytes > 64 << 20)
    #expect(outcome.peakBytes < 128 << 20, "\(outcome.peakBytes >> 20) MiB")
  }
}
