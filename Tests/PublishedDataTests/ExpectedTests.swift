import CommandRunner
import Testing

/// Every entry of `expected.json`, through the binary.
@Suite struct ExpectedTests {
  static let entries = (try? PublishedData()?.expectations()) ?? []

  @Test func theExpectationsCanBeRead() throws {
    guard let data = PublishedData() else { return }
    #expect(try !data.expectations().isEmpty)
  }

  /// The digest and the lengths of the canonical listing, and whether fimi holds the same lines.
  @Test(arguments: entries)
  func itemsets(_ entry: Expectation) throws {
    guard let data = PublishedData() else { return }
    let outcome = try CommandRunner.shell(
      """
      set -euo pipefail
      export LC_ALL=C
      mine() {
        $lode mine '\(data.path)/\(entry.dataset)' -q --min-support \(entry.minsupAbs) \
          --target itemsets "$@"
      }
      mine -o csv --sort canonical |
        awk -F, 'NR > 1 { gsub(";", " ", $1); print $1 " (" $3 ")" }' > listing
      sha256sum < listing | cut -c 1-64
      awk '{ count[NF - 1]++ }
        END { for (n = 1; n < 100; n++) if (n in count) print n, count[n] }' listing
      mine -o fimi | awk '{
        for (i = 2; i < NF; i++) {
          item = $i
          for (j = i; j > 1 && $(j - 1) + 0 > item + 0; j--) $j = $(j - 1)
          $j = item
        }
        print
      }' > unordered
      cmp <(sort listing) <(sort unordered) && echo same
      """, in: TemporaryFolder())
    #expect(outcome.status == 0 && outcome.messages == "", "\(outcome.messages)")
    let lengths = (1...100).compactMap { length in
      entry.byLevel["\(length)"].map { "\(length) \($0)" }
    }
    #expect(outcome.text == ([entry.sha256] + lengths + ["same", ""]).joined(separator: "\n"))
    #expect(entry.byLevel.values.reduce(0, +) == entry.frequent)
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
