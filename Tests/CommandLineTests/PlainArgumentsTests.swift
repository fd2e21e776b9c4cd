import CommandRunner
import Testing

/// `mine` reads plain arguments itself, and `--name=value` through ArgumentParser: both are the same.
@Suite struct PlainArgumentsTests {
  static let options = [
    "", "--min-support 2", "--min-support 30%", "--target itemsets", "--target closed",
    "--target maximal", "--target itemsets --min-length 2", "--target itemsets --max-length 1",
    "--max-length none", "--min-confidence 20%", "--min-lift 0.9", "--max-antecedent 1",
    "--max-consequent none", "--measures zhang,cosine", "--sort lift", "--top 2", "--top none",
    "--output json", "--output table", "--target itemsets --output fimi", "--format basket",
    "--separator ,", "--separator comma", "--block-transactions 2", "--threads 1", "--threads 2",
    "--memory 64MiB", "--temp /tmp", "--to result.csv",
  ]

  @Test(arguments: options)
  func readLikeArgumentParser(_ options: String) throws {
    let folder = try folderWithNineBaskets()
    let words = options.split(separator: " ")
    let joined = stride(from: 0, to: words.count, by: 2).map { "\(words[$0])=\(words[$0 + 1])" }
    let plain = try answer("mine nine.basket \(options)", in: folder)
    let file = try? folder.read("result.csv")
    let parsed = try answer(
      "mine nine.basket --temp=/tmp \(joined.joined(separator: " "))", in: folder)
    #expect(plain == parsed)
    #expect(file.map(Array.init) == (try? folder.read("result.csv")).map(Array.init))
    #expect((file != nil) == options.contains("--to "))
  }

  static let columns = [
    "--transaction order --item item", "--transaction order --transaction day --item item",
    "--transaction order --item item --time day", "--transaction order --item item --customer day",
    "--header --transaction 1 --item 2", "--table", "--table --trim",
  ]

  @Test(arguments: columns)
  func readColumnsLikeArgumentParser(_ options: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("rows.csv", "order,item,day\n1, a,2\n1,b,2\n2,a,2\n2,b,3\n3,b,3\n")
    let rest = "--target itemsets --min-support 1"
    let plain = try answer("mine rows.csv \(options) \(rest)", in: folder)
    let parsed = try answer("mine rows.csv \(options) \(rest) --temp=/tmp", in: folder)
    #expect(plain == parsed)
    #expect(plain.count > 1)
  }

  @Test func readFlagsAndSeveralInputs() throws {
    let folder = try folderWithNineBaskets()
    try folder.write("more.basket", "milk\n\nbread,milk\n")
    let arguments = "mine nine.basket more.basket --keep-empty --trim -q"
    let plain = try lode(arguments, in: folder)
    let parsed = try lode(arguments + " --temp=/tmp", in: folder)
    #expect(plain.status == 0 && plain.messages.isEmpty)
    #expect(plain.output == parsed.output && parsed.messages.isEmpty)
    #expect(try answer("mine - -o json", in: folder, input: "\(folder.path)/more.basket").count > 0)
  }
}
