import AssociationRules
import Itemsets
import TestSupport
import Testing

@testable import Reports

/// The nine baskets of the papers in every format.
@Suite struct FormatTests {
  let items = rankedItems(["drink", "biscuit", "bread", "milk"])
  let rules: RuleBatch
  let itemsets: ItemsetBatch

  init() {
    var rules = RuleBatch()
    rules.add([3], [2], RuleCounts(2, 6, 4, 9))
    rules.add([3, 1], [2, 0], RuleCounts(2, 2, 4, 9))
    rules.add([0], [3], RuleCounts(4, 4, 9, 9))
    self.rules = rules
    var itemsets = ItemsetBatch()
    itemsets.add([3], 6)
    itemsets.add([3, 2], 2)
    itemsets.add([0, 1, 3], 9)
    self.itemsets = itemsets
  }

  @Test func csv() throws {
    var options = ReportOptions(format: .csv)
    options.measures = [.zhang, .lift, .allConfidence, .zhang]
    #expect(
      try written([rules], items, options).text == """
        antecedents,consequents,antecedent_support,consequent_support,support,confidence,lift,\
        leverage,conviction,count,zhang,all_confidence
        milk,bread,0.6666666666666666,0.4444444444444444,0.2222222222222222,0.3333333333333333,\
        0.75,-0.07407407407407407,0.8333333333333334,2,-0.5,0.3333333333333333
        biscuit;milk,bread;drink,0.2222222222222222,0.4444444444444444,0.2222222222222222,1,2.25,\
        0.12345679012345678,inf,2,0.7142857142857143,0.5
        drink,milk,0.4444444444444444,1,0.4444444444444444,1,1,0,,4,0,0.4444444444444444

        """)
    #expect(
      try written([itemsets], items, of: 9, ReportOptions(format: .csv)).text == """
        items,length,count,support
        milk,1,6,0.6666666666666666
        bread;milk,2,2,0.2222222222222222
        biscuit;drink;milk,3,9,1

        """)
  }

  @Test func json() throws {
    var options = ReportOptions(format: .json)
    options.measures = [.imbalanceRatio]
    #expect(
      try written([rules], items, options).text == """
        {"antecedents":["milk"],"consequents":["bread"],"antecedent_support":0.6666666666666666,\
        "consequent_support":0.4444444444444444,"support":0.2222222222222222,\
        "confidence":0.3333333333333333,"lift":0.75,"leverage":-0.07407407407407407,\
        "conviction":0.8333333333333334,"count":2,"imbalance_ratio":0.25}
        {"antecedents":["biscuit","milk"],"consequents":["bread","drink"],\
        "antecedent_support":0.2222222222222222,"consequent_support":0.4444444444444444,\
        "support":0.2222222222222222,"confidence":1,"lift":2.25,"leverage":0.12345679012345678,\
        "conviction":null,"count":2,"imbalance_ratio":0.5}
        {"antecedents":["drink"],"consequents":["milk"],"antecedent_support":0.4444444444444444,\
        "consequent_support":1,"support":0.4444444444444444,"confidence":1,"lift":1,"leverage":0,\
        "conviction":null,"count":4,"imbalance_ratio":0.5555555555555556}

        """)
    #expect(
      try written([itemsets], items, of: 9, ReportOptions(format: .json)).text == """
        {"items":["milk"],"length":1,"count":6,"support":0.6666666666666666}
        {"items":["bread","milk"],"length":2,"count":2,"support":0.2222222222222222}
        {"items":["biscuit","drink","milk"],"length":3,"count":9,"support":1}

        """)
  }

  @Test func fimi() throws {
    #expect(
      try written([itemsets], items, of: 9, ReportOptions(format: .fimi)).text == """
        milk (6)
        milk bread (2)
        drink biscuit milk (9)

        """)
    #expect(throws: OutputError.self) {
      try written([rules], items, ReportOptions(format: .fimi))
    }
    for name in ["whole milk", "tab\tbed", "line\nbreak", " ", ""] {
      #expect(throws: OutputError.self) {
        try written([], rankedItems(["a", name]), of: 9, ReportOptions(format: .fimi))
      }
    }
  }

  @Test func spmf() throws {
    let heading = """
      @CONVERTED_FROM_TEXT
      @ITEM=1=biscuit
      @ITEM=2=bread
      @ITEM=3=drink
      @ITEM=4=milk

      """
    #expect(
      try written([rules], items, ReportOptions(format: .spmf)).text == heading + """
        4 ==> 2 #SUP: 2 #CONF: 0.3333333333333333
        4 1 ==> 2 3 #SUP: 2 #CONF: 1
        3 ==> 4 #SUP: 4 #CONF: 1

        """)
    #expect(
      try written([itemsets], items, of: 9, ReportOptions(format: .spmf)).text == heading + """
        4 #SUP: 6
        4 2 #SUP: 2
        3 1 4 #SUP: 9

        """)
    let integers = rankedItems(["10", "9", "0", "2147483647"])
    #expect(
      try written([itemsets], integers, of: 9, ReportOptions(format: .spmf)).text == """
        2147483647 #SUP: 6
        2147483647 0 #SUP: 2
        10 9 2147483647 #SUP: 9

        """)
    for name in ["007", "-1", "+1", "2147483648", "1.0"] {
      let text = try written(
        [], rankedItems(["1", "2", "3", name]), of: 9, ReportOptions(format: .spmf)
      ).text
      #expect(text.hasPrefix("@CONVERTED_FROM_TEXT\n"), "\(name)")
    }
    #expect(throws: OutputError.self) {
      try written([], rankedItems(["a", "b\nc"]), of: 9, ReportOptions(format: .spmf))
    }
  }

  @Test func trickyNames() throws {
    let names = [
      "plain", "a;b", #"back\slash"#, #"say "hi""#, "two\nlines", "comma,", " blank before",
      "blank after ", "größe 🧀", "tab\tbell\u{7}", "1;2\\;3",
    ]
    let items = rankedItems(names)
    var batch = ItemsetBatch()
    for rank in names.indices { batch.add([UInt32(rank)], 1) }
    batch.add([0, 1, 4], 1)
    let csv = try written([batch], items, of: 2, ReportOptions(format: .csv)).text
    #expect(
      csv == """
        items,length,count,support
        plain,1,1,0.5
        a\\;b,1,1,0.5
        back\\\\slash,1,1,0.5
        "say ""hi\""",1,1,0.5
        "two
        lines",1,1,0.5
        "comma,",1,1,0.5
        " blank before",1,1,0.5
        "blank after ",1,1,0.5
        größe 🧀,1,1,0.5
        tab\tbell\u{7},1,1,0.5
        1\\;2\\\\\\;3,1,1,0.5
        "a\\;b;plain;two
        lines",3,1,0.5

        """)
    // Read back by the rules of RFC 4180 and the joining of items.
    let rows = parseCSV(csv).dropFirst()
    #expect(rows.prefix(names.count).map { splitItems($0[0]) } == names.map { [$0] })
    #expect(splitItems(rows[names.count + 1][0]) == ["a;b", "plain", "two\nlines"])
    let json = try written([batch], items, of: 2, ReportOptions(format: .json)).text
    let lines = json.split(separator: "\n")
    #expect(lines.count == names.count + 1)
    #expect(lines[3].hasPrefix(#"{"items":["say \"hi\""],"#))
    #expect(lines[4].hasPrefix(#"{"items":["two\nlines"],"#))
    #expect(lines[2].hasPrefix(#"{"items":["back\\slash"],"#))
    #expect(lines[8].hasPrefix(#"{"items":["größe 🧀"],"#))
    #expect(lines[9].hasPrefix(#"{"items":["tab\tbell\u0007"],"#))
  }

  @Test func invalidUTF8IsRepairedInJSON() throws {
    let items = RankedItems(ids: [0], counts: [1], places: [0], names: [0x61, 0xFF], nameEnds: [2])
    var batch = ItemsetBatch()
    batch.add([0], 1)
    let json = try written([batch], items, of: 1, ReportOptions(format: .json)).text
    #expect(json.hasPrefix("{\"items\":[\"a\u{FFFD}\"]"))
  }

  @Test func emptyResults() throws {
    #expect(try written([], items, of: 9, ReportOptions(format: .fimi)).text == "")
    #expect(try written([], items, of: 9, ReportOptions(format: .json)).text == "")
    #expect(
      try written([], rankedItems([]), of: 9, ReportOptions(format: .csv)).text
        == "items,length,count,support\n")
    #expect(try written([], rankedItems([]), ReportOptions(format: .table)).summary.note == nil)
  }

  @Test func numbersOfRulesReadBackExactly() throws {
    var random = SeededGenerator(seed: 21)
    var batch = RuleBatch()
    for _ in 0..<500 {
      let n = UInt64.random(in: 1...88_162, using: &random)
      let a = UInt64.random(in: 1...n, using: &random)
      let c = UInt64.random(in: 1...n, using: &random)
      let least = a + c > n ? a + c - n : 0
      batch.add([0], [1], RuleCounts(UInt64.random(in: least...min(a, c), using: &random), a, c, n))
    }
    var options = ReportOptions(format: .csv)
    options.measures = [.zhang, .jaccard, .cosine, .kulczynski, .imbalanceRatio, .allConfidence]
    let rows = parseCSV(try written([batch], items, options).text)
    for (row, counts) in zip(rows.dropFirst(), batch.counts) {
      let columns: [(Int, InterestMeasure)] = [
        (4, .support), (5, .confidence), (6, .lift), (7, .leverage), (8, .conviction),
        (10, .zhang), (11, .jaccard), (12, .cosine), (13, .kulczynski), (14, .imbalanceRatio),
        (15, .allConfidence),
      ]
      for (column, measure) in columns {
        let value = measure.value(counts)
        #expect(value.isNaN ? row[column].isEmpty : Double(row[column]) == value)
      }
      #expect(Double(row[2]) == Double(counts.antecedent) / Double(counts.transactions))
      #expect(Double(row[3]) == Double(counts.consequent) / Double(counts.transactions))
      #expect(UInt64(row[9]) == counts.both)
    }
  }

  @Test func longRowsOfLongNames() throws {
    let names = (0..<300).map { String(repeating: "x", count: 4000) + "\($0)" }
    let items = rankedItems(names)
    var batch = ItemsetBatch()
    batch.add((0..<300).map { UInt32($0) }, 5)
    batch.add([7], 5)
    let text = try written([batch], items, of: 9, ReportOptions(format: .fimi)).text
    #expect(text == names.joined(separator: " ") + " (5)\n" + names[7] + " (5)\n")
    let csv = try written([batch], items, of: 5, ReportOptions(format: .csv)).text
    #expect(csv.contains(names.sorted().joined(separator: ";") + ",300,5,1\n"))
  }
}

/// A plain reader of RFC 4180.
func parseCSV(_ text: String) -> [[String]] {
  var rows: [[String]] = []
  var row: [String] = []
  var field = ""
  var isQuoted = false
  var characters = Array(text.unicodeScalars)[...]
  while let scalar = characters.popFirst() {
    if isQuoted {
      if scalar != "\"" {
        field.unicodeScalars.append(scalar)
      } else if characters.first == "\"" {
        field.unicodeScalars.append("\"")
        characters.removeFirst()
      } else {
        isQuoted = false
      }
      continue
    }
    switch scalar {
    case "\"": isQuoted = true
    case ",":
      row.append(field)
      field = ""
    case "\n":
      rows.append(row + [field])
      (row, field) = ([], "")
    default: field.unicodeScalars.append(scalar)
    }
  }
  return rows
}

/// The items of a joined field.
func splitItems(_ field: String) -> [String] {
  var items = [""]
  var scalars = Array(field.unicodeScalars)[...]
  while let scalar = scalars.popFirst() {
    if scalar == "\\", let next = scalars.popFirst() {
      items[items.count - 1].unicodeScalars.append(next)
    } else if scalar == ";" {
      items.append("")
    } else {
      items[items.count - 1].unicodeScalars.append(scalar)
    }
  }
  return items
}
