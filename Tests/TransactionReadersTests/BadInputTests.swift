import Glibc
import Itemsets
import Testing

@testable import TransactionReaders

@Suite struct BadInputTests {
  @Test func whatCannotBeOpened() {
    let folder = Folder()
    let missing = read([folder.path + "/none.csv"])
    #expect(missing.kind == .missingFile)
    #expect(missing.error?.description.hasPrefix(folder.path + "/none.csv: no such file") == true)
    let directory = read([folder.path])
    #expect(directory.kind == .directory)
    let good = folder.write("a\n", as: "a.txt")
    // All inputs are checked before the first is read.
    #expect(read([good, folder.path + "/none.csv"]).transactions.isEmpty)
    #expect(read([good + "/x"]).kind == .missingFile)
    let secret = folder.write("a\n", as: "secret.txt")
    chmod(secret, 0)
    if getuid() != 0 { #expect(read([secret]).kind == .permission) }
  }

  @Test func afterAnErrorNothingIsRead() throws {
    let folder = Folder()
    let first = folder.write("id,item\n1,a\n", as: "a.csv")
    let second = folder.write("id,other\n1,b\n", as: "b.csv")
    var dictionary = ItemDictionary()
    var batch = TransactionBatch()
    var reader = try TransactionReader(paths: [first, second], options: .long(["id"], "item"))
    var kinds: [ReadError.Kind] = []
    for _ in 0..<3 {
      do throws(ReadError) {
        let more = try reader.read(into: &batch, dictionary: &dictionary)
        #expect(!more)
      } catch {
        kinds.append(error.kind)
        #expect(error.file == second)
      }
    }
    #expect(kinds == [.unknownColumn])
    #expect(batch.count == 0)
  }

  @Test func aReadThatFailsIsNamed() {
    // Linux refuses to read the memory at address 0 with an input/output error.
    let outcome = read(["/proc/self/mem"])
    #expect(outcome.kind == .readFailure || outcome.kind == .permission)
    #expect(outcome.error?.file == "/proc/self/mem")
  }

  @Test func otherCompressionsAreNamed() {
    let zstandard = read([0x28, 0xB5, 0x2F, 0xFD, 0, 1, 2], as: "x.csv.zst")
    #expect(zstandard.kind == .compressed)
    #expect(zstandard.error?.message.contains("zstd -dc") == true)
  }

  @Test func inputsWithoutTransactions() {
    for text in ["", "\n", "\n \n\r\n", "\u{FEFF}"] {
      let outcome = read(text)
      #expect(outcome.kind == .noTransactions)
    }
    #expect(read("id,item\n", as: "x.csv", .long(["id"], "item")).kind == .noTransactions)
    #expect(read("", as: "x.csv", .with { $0.table = true }).kind == .noTransactions)
    #expect(read("# only\n", as: "x.spmf").kind == .noTransactions)
    #expect(read("\n\n").error?.message.contains("2 blank lines") == true)
    #expect(read("\n", .with { $0.keepEmpty = true }).error == nil)
    #expect(read("[]\n", as: "x.ndjson").transactions == [[]])
  }

  @Test func binaryFilesAreNamed() {
    let nul = read(Array("1 2\n3\u{0} 4\n".utf8))
    #expect(nul.kind == .binary)
    #expect(nul.line == 2)
    #expect(read(Array("a,b\n\"x\u{0}\"\n".utf8), as: "x.csv").line == 2)
    let zip = read([0x50, 0x4B, 0x03, 0x04, 0x14, 0x00, 0x06], as: "x.csv")
    #expect(zip.kind == .binary)
    #expect(zip.error?.message.contains("spreadsheet") == true)
    let utf16 = read([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00])
    #expect(utf16.kind == .invalidUTF8)
    #expect(utf16.error?.message.contains("UTF-16") == true)
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
      [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80],
      [0xFF], [0xF0, 0x9F, 0x8D],
    ] as [[UInt8]])
  func invalidUTF8IsNamedWithItsLine(_ bytes: [UInt8]) {
    for (name, start) in [("x.txt", "a b\nc "), ("x.csv", "a,b\n\"c "), ("x.ndjson", "[1]\n[\"")] {
      for rest in ["", "d\n", String(repeating: "longer than a vector of bytes ", count: 3)] {
        let outcome = read(Array(start.utf8) + bytes + Array(rest.utf8), as: name)
        #expect(outcome.kind == .invalidUTF8)
        #expect(outcome.line == 2)
      }
    }
  }

  @Test func validUTF8IsRead() {
    let names = ["é", "߿", "ࠀ", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"]
    for name in names {
      for padding in [0, 29, 30, 31, 32, 33] {
        let item = String(repeating: "x", count: padding) + name
        #expect(read(item + "\n").transactions == [[item]])
      }
    }
  }

  @Test func anUnclosedQuoteIsNamedWhereItOpened() {
    let outcome = read("a,b\n\"fine\nline\",c\nx,\"open\nmore\nmore\n", as: "x.csv")
    #expect(outcome.kind == .unclosedQuote)
    #expect(outcome.line == 4)
    #expect(outcome.error?.description.contains("x.csv:4: unclosed quote opened here") == true)
    #expect(read("\"", as: "x.csv").line == 1)
    #expect(read("a\n\"b\"\"\n", as: "x.csv").line == 2)
  }

  @Test func textAfterAQuoteIsNamed() {
    for text in ["a\n\"b\"c\n", "a\n\"b\"\rc\n", "a\n\"b\" ,c\n"] {
      let outcome = read(text, as: "x.csv")
      #expect(outcome.kind == .malformed)
      #expect(outcome.line == 2)
    }
  }

  @Test func aRowWithoutANeededColumn() {
    let outcome = read("id,name,item\n1,x,a\n\n2,y\n", as: "x.csv", .long(["id"], "item"))
    #expect(outcome.kind == .missingColumn)
    #expect(outcome.line == 4)
    #expect(outcome.error?.message.contains("2 cells") == true)
    #expect(outcome.error?.message.contains("column 3") == true)
    // The line counts newlines inside quotes.
    let quoted = read("id,item\n\"1\n1\",a\n2\n", as: "x.csv", .long(["id"], "item"))
    #expect(quoted.line == 4)
  }

  @Test func anUnknownColumnListsThoseThereAre() {
    let outcome = read("id,name,item\n1,x,a\n", as: "x.csv", .long(["id"], "product"))
    #expect(outcome.kind == .unknownColumn)
    #expect(outcome.line == 1)
    #expect(outcome.error?.message.contains("\"product\"") == true)
    #expect(outcome.error?.message.contains("\"id\", \"name\", \"item\"") == true)
    let number = read("id,item\n1,a\n", as: "x.csv", .long(["id"], "3"))
    #expect(number.kind == .unknownColumn)
    #expect(read("1,a\n", as: "x.csv", .long(["0"], "1")).kind == .unknownColumn)
    let twice = read("id,item,item\n1,a,b\n", as: "x.csv", .long(["id"], "item"))
    #expect(twice.kind == .unknownColumn)
    #expect(twice.error?.message.contains("number") == true)
    let semicolons = read("id;item\n1;a\n", as: "x.csv", .long(["id"], "item"))
    #expect(semicolons.error?.message.contains("--separator") == true)
  }

  @Test func optionsThatContradictEachOther() {
    let cases: [(inout ReadingOptions) -> Void] = [
      { $0.transactionColumns = ["id"] },
      { $0.timeColumn = "t" },
      { $0.customerColumn = "t" },
      { ($0.table, $0.itemColumn) = (true, "x") },
      { ($0.format, $0.header) = (.basket, true) },
      { ($0.format, $0.table) = (.basket, true) },
      { ($0.format, $0.separator) = (.spmf, .blanks) },
      { ($0.format, $0.itemColumn) = (.csv, "x") },
      { ($0.format, $0.separator) = (.csv, .blanks) },
      { ($0.format, $0.table) = (.ndjson, true) },
    ]
    for (index, change) in cases.enumerated() {
      let outcome = read("a\n", .with(change))
      #expect(outcome.kind == .usage, "case \(index)")
    }
    #expect(read([]).kind == .usage)
    #expect(read(["-", "-"]).kind == .usage)
    let recognised = read("[1]\n", as: "x.ndjson", .with { $0.table = true })
    #expect(recognised.kind == .usage)
    #expect(recognised.error?.message.contains("recognised") == true)
  }
}
