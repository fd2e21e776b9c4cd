import Testing

@testable import TransactionReaders

@Suite struct SPMFTests {
  @Test func integersAndComments() {
    // contextPasquier99.txt of the SPMF documentation, with comments.
    let text = "# a comment\n% another\n1 3 4\n2 3 5\n1 2 3 5\n\n2 5\n1 2 3 5\n"
    let outcome = read(text, as: "x.spmf")
    #expect(
      outcome.transactions
        == [
          ["1", "3", "4"], ["2", "3", "5"], ["1", "2", "3", "5"], ["2", "5"], ["1", "2", "3", "5"],
        ])
    #expect(outcome.summary.blankLines == 1)
  }

  @Test func numbersWithNamesBecomeThem() {
    let text = """
      @CONVERTED_FROM_TEXT
      @ITEM=1=apple
      @ITEM=2=orange=red
      @ITEM=3=apple
      1 2 4\r
      3 2
      """
    let outcome = read(text, as: "anything.txt")
    #expect(outcome.inputs.map(\.format) == [.spmf])
    #expect(outcome.transactions == [["apple", "orange=red", "4"], ["apple", "orange=red"]])
  }

  @Test func sequencesAreExplained() {
    for text in ["1 2\n1 -1 2 3 -1 -2\n", "1 2\n-2\n"] {
      let outcome = read(text, as: "x.spmf")
      #expect(outcome.kind == .sequences)
      #expect(outcome.line == 2)
    }
    let recognised = read("1 -1 2 -1 -2\n", as: "x.txt")
    #expect(recognised.kind == .sequences)
  }

  @Test(arguments: ["1 a", "1 2:5:1 1", "1 +2", "1.5"])
  func otherThanIntegersIsRefused(_ line: String) {
    let outcome = read("1 2\n" + line + "\n", as: "x.spmf")
    #expect(outcome.kind == .malformed)
    #expect(outcome.line == 2)
  }

  @Test func itemLinesMustBeWholeAndFirst() {
    #expect(read("@ITEM=1\n1\n", as: "x.spmf").line == 1)
    #expect(read("@ITEM==x\n1\n", as: "x.spmf").kind == .malformed)
    let late = read("1 2\n@ITEM=1=x\n", as: "x.spmf")
    #expect(late.kind == .malformed)
    #expect(late.line == 2)
  }
}
