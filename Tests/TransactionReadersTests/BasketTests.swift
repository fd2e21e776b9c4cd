import Testing

@testable import TransactionReaders

@Suite struct BasketTests {
  @Test func integersSeparatedByBlanks() {
    let outcome = read("1 2 3\n\n2 10  4 \n\t7\t1\r\n99999999 007 0\n", as: "x.dat")
    #expect(
      outcome.transactions
        == [["1", "2", "3"], ["2", "10", "4"], ["7", "1"], ["99999999", "007", "0"]])
    #expect(outcome.error == nil)
    #expect(outcome.summary.blankLines == 1)
    #expect(outcome.summary.rows == 4)
    #expect(outcome.summary.transactions == 4)
    #expect(outcome.inputs.map(\.format) == [.basket])
    #expect(outcome.inputs.map(\.separator) == [.blanks])
  }

  @Test func knownNumbersAreReadByTheFastPathAsByTheOther() {
    // The first line makes the numbers known; the second one is read without hashing.
    let outcome = read("1 22 333 4444 55555\n55555 1 333 22 1 4444 \n1\n")
    #expect(
      outcome.transactions
        == [
          ["1", "22", "333", "4444", "55555"], ["55555", "1", "333", "22", "1", "4444"], ["1"],
        ])
  }

  @Test func aCommaAnywhereInTheFirstLinesSeparates() {
    let outcome = read("whole milk\nrolls/buns, soda\n\nwhole milk,,butter \n")
    #expect(
      outcome.transactions == [
        ["whole milk"], ["rolls/buns", " soda"], ["whole milk", "butter "],
      ])
    #expect(outcome.inputs.map(\.separator) == [.byte(UInt8(ascii: ","))])
  }

  @Test func aCommaAfterTheFirstThousandLinesDoesNot() {
    let lines = Array(repeating: "a b", count: 999)
    let late = read(Array((lines + ["c d", "e,f g"]).joined(separator: "\n").utf8), chunks: [64])
    #expect(late.transactions.last == ["e,f", "g"])
    let early = read(Array((lines + ["e,f g"]).joined(separator: "\n").utf8), chunks: [64])
    #expect(early.transactions.first == ["a b"])
    #expect(early.transactions.last == ["e", "f g"])
  }

  @Test func aSeparatorCanBeGiven() {
    let options = ReadingOptions.with { $0.separator = .byte(UInt8(ascii: ";")) }
    #expect(read("a,b;c d\n", options).transactions == [["a,b", "c d"]])
    let blanks = ReadingOptions.with { $0.separator = .blanks }
    #expect(read("a,b c\n", blanks).transactions == [["a,b", "c"]])
    let tabs = ReadingOptions.with { $0.separator = Separator("tab") }
    #expect(read("a b\tc\n", tabs).transactions == [["a b", "c"]])
  }

  @Test func numbersBetweenCommasToo() {
    let outcome = read("1,2,3\n3,,2\n,1\n3,2 1\n")
    #expect(outcome.transactions == [["1", "2", "3"], ["3", "2"], ["1"], ["3", "2 1"]])
  }

  @Test func trimRemovesBlanksAroundItems() {
    let options = ReadingOptions.with { $0.trim = true }
    let outcome = read(" a , b\t,c d , ,e\n", options)
    #expect(outcome.transactions == [["a", "b", "c d", "e"]])
  }

  @Test func blankLinesCountWhereAsked() {
    let text = "a\n\n  \nb\n\n"
    #expect(read(text).transactions == [["a"], ["b"]])
    #expect(read(text).summary.blankLines == 3)
    let kept = read(text, .with { $0.keepEmpty = true })
    #expect(kept.transactions == [["a"], [], [], ["b"], []])
    #expect(kept.summary.blankLines == 3)
    #expect(kept.summary.emptyBaskets == 3)
    #expect(kept.summary.transactions == 5)
  }

  @Test func marksAndLineEndsAreNoText() {
    #expect(read("\u{FEFF}1 2\r\n3\r\n").transactions == [["1", "2"], ["3"]])
    #expect(read("1 2\n3").transactions == [["1", "2"], ["3"]])
    #expect(read("1\r\n2\r").transactions == [["1"], ["2"]])
  }

  @Test func namesAreTheirExactBytes() {
    // The same letter composed and decomposed, and a character of four bytes.
    let outcome = read("caf\u{E9} cafe\u{301} 🍞\n")
    #expect(outcome.transactions.first?.map { Array($0.utf8).count } == [5, 6, 4])
  }

  @Test func longLinesAndManyLinesAreReadInRuns() {
    let long = (0..<100_000).map { String($0 % 500) }
    let short = (0..<20_000).map { [String($0 % 300), String($0 % 7)] }
    let text =
      (([long] + short + [long]).map { $0.joined(separator: " ") }).joined(separator: "\n")
    let outcome = read(Array(text.utf8), as: "x.dat", chunks: [4096])
    #expect(outcome.transactions == [long] + short + [long])
  }

  @Test func inputsFollowEachOther() {
    let folder = Folder()
    let first = folder.write("1 2\n\n3", as: "a.dat")
    let second = folder.write("bread,milk\n", as: "b.txt")
    let third = folder.write("", as: "c.dat")
    let outcome = read([first, third, second])
    #expect(outcome.transactions == [["1", "2"], ["3"], ["bread", "milk"]])
    #expect(outcome.error == nil)
    #expect(outcome.summary.bytesConsumed == 17)
    #expect(outcome.summary.bytesTotal == 17)
    #expect(outcome.summary.blankLines == 1)
    #expect(outcome.inputs.map(\.name) == [first, third, second])
  }
}
