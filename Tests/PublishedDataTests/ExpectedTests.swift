import CommandRunner
import Testing

/// Every entry of `expected.json`, through the binary.
@Suite struct ExpectedTests {
  static let entries = (try? PublishedData()?.expectations()) ?? []

  @Test func theExpectationsCanBeRead() throws {
    guard let data = PublishedData() else { return }
    #expect(try data.expectations().count >= 20)
  }

  @Test(arguments: entries)
  func itemsets(_ entry: Expectation) throws {
    guard let data = PublishedData() else { return }
    let support = "-q --min-support \(entry.minsupAbs) --target itemsets"
    let csv = try data.mine(entry.dataset, "\(support) -o csv --sort canonical")
    let listing = CanonicalListing(csv: csv.output)
    #expect(listing.rows.count == entry.frequent)
    #expect(listing.byLength == entry.byLevel)
    #expect(try listing.digest() == entry.sha256)
    let fimi = try data.mine(entry.dataset, "\(support) -o fimi")
    #expect(CanonicalListing(fimi: fimi.output) == listing)
  }

  @Test(arguments: entries)
  func closedAndMaximal(_ entry: Expectation) throws {
    guard let data = PublishedData() else { return }
    let support = "--min-support \(entry.minsupAbs) -o csv"
    #expect(try data.count(entry.dataset, "\(support) --target closed") == entry.closed)
    #expect(try data.count(entry.dataset, "\(support) --target maximal") == entry.maximal)
  }

  @Test(arguments: entries)
  func rules(_ entry: Expectation) throws {
    guard let data = PublishedData(), let rules = entry.rules else { return }
    for (fraction, confidence) in [("1/2", "50%"), ("4/5", "0.8"), ("9/10", "90%")] {
      let expected = try #require(rules[fraction])
      let options = "--min-support \(entry.minsupAbs) --min-confidence \(confidence)"
      #expect(try data.count(entry.dataset, options) == expected.singleConsequent)
      #expect(
        try data.count(entry.dataset, "\(options) --max-consequent none")
          == expected.anyConsequent)
    }
  }
}
