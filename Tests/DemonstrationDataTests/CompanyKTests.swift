import Testing

@testable import DemonstrationData

@Suite struct CompanyKTests {
  /// How often every set of up to three services occurs, counted line by line.
  struct Counts {
    var transactions = 0
    var customers: [Set<String>: Int] = [:]

    init(_ text: [UInt8]) {
      // There are few different lines: take each apart once.
      var repeats: [ArraySlice<UInt8>: Int] = [:]
      for line in lines(text) { repeats[line, default: 0] += 1 }
      for (line, times) in repeats {
        let basket = items(line, separator: ",")
        transactions += times
        for first in basket.indices {
          customers[[basket[first]], default: 0] += times
          for second in basket.indices[..<first] {
            customers[[basket[first], basket[second]], default: 0] += times
            for third in basket.indices[..<second] {
              customers[[basket[first], basket[second], basket[third]], default: 0] += times
            }
          }
        }
      }
    }

    func of(_ services: [CompanyK.Service]) -> Int {
      customers[Set(services.map(\.rawValue)), default: 0]
    }
  }

  @Test func everyCountOfTheIssueIsExact() throws {
    let counts = Counts(text(of: try CompanyKGenerator()))
    #expect(counts.transactions == 1_000_000)
    let expected: [([CompanyK.Service], Int)] = [
      ([.game], 62_000), ([.video], 32_100), ([.music], 43_000), ([.news], 23_000),
      ([.reading], 17_700), ([.securities], 5_304), ([.weather], 80_000),
      ([.video, .game], 7_813), ([.music, .weather], 5_298), ([.news, .game], 3_268),
      ([.news, .weather], 2_351), ([.reading, .game], 2_519), ([.reading, .video], 2_397),
      ([.securities, .news], 1_171), ([.securities, .game], 914), ([.securities, .video], 701),
    ]
    for (services, customers) in expected { #expect(counts.of(services) == customers) }
    for planted in CompanyK.published + CompanyK.unpublished {
      #expect(counts.of(planted.services) == planted.customers)
    }
    // And nobody has anything that is not planted.
    let users = counts.customers.keys.filter { $0 != [CompanyK.voiceOnly] }
    #expect(users.count == CompanyK.published.count + CompanyK.unpublished.count)
  }

  @Test func onlyThePublishedRulesReachTheMinima() throws {
    let counts = Counts(text(of: try CompanyKGenerator(seed: 7)))
    var found: Set<String> = []
    for (itemset, customers) in counts.customers where itemset.count > 1 && customers >= 500 {
      for consequent in itemset {
        let antecedent = itemset.subtracting([consequent])
        if customers * 10 >= counts.customers[antecedent, default: 0] {
          found.insert("\(consequent) <= \(antecedent.sorted().joined(separator: ", "))")
        }
      }
    }
    let published = CompanyK.publishedRules.map { "\($0.consequent) <= \($0.antecedent)" }
    #expect(found == Set(published))
  }

  @Test func everyLineIsASetOfServicesOrVoiceOnly() throws {
    let services = CompanyK.Service.allCases.map(\.rawValue)
    for line in Set(lines(text(of: try CompanyKGenerator(customers: 100_000)))) {
      let basket = items(line, separator: ",")
      #expect(Set(basket).count == basket.count)
      #expect(basket == [CompanyK.voiceOnly] || Set(basket).isSubset(of: services))
    }
  }

  @Test func cellsAreDisjointAndAddUp() {
    let cells = CompanyK.cells()
    #expect(cells.allSatisfy { $0.customers > 0 })
    #expect(cells.reduce(0) { $0 + $1.customers } == CompanyK.customers)
    #expect(cells.first?.services == [])
    let planted = CompanyK.published + CompanyK.unpublished
    #expect(Set(planted.map { Set($0.services) }).count == planted.count)
  }

  @Test func sameSeedSameBytesWhateverTheChunks() throws {
    func generated(_ seed: UInt64, chunk: Int) throws -> [UInt8] {
      text(of: try CompanyKGenerator(customers: 20_000, seed: seed), chunk: chunk)
    }
    let whole = try generated(3, chunk: .max)
    for chunk in [0, 1, 100, 4_096] { #expect(try generated(3, chunk: chunk) == whole) }
    #expect(try generated(4, chunk: .max) != whole)
  }

  @Test func chunksAreWholeLinesOfAboutTheLimit() throws {
    var generator = try CompanyKGenerator(customers: 5_000)
    var bytes: [UInt8] = []
    while generator.next(into: &bytes, upTo: 1_000) {
      #expect(bytes.last == UInt8(ascii: "\n"))
      #expect(bytes.count < 1_000 + 30)
    }
    #expect(bytes.isEmpty)
    #expect(!generator.next(into: &bytes, upTo: 1_000))
  }

  @Test(arguments: [1, 2, 10, 999, 50_000, 123_457, 2_000_000])
  func otherNumbersOfCustomersScale(customers: Int) throws {
    let counts = Counts(text(of: try CompanyKGenerator(customers: customers)))
    #expect(counts.transactions == customers)
    let cells = CompanyK.cells().count
    for planted in CompanyK.published + CompanyK.unpublished {
      let scaled = planted.customers * customers / CompanyK.customers
      let allowed = customers % CompanyK.customers == 0 ? 0 : cells
      #expect(abs(counts.of(planted.services) - scaled) <= allowed)
    }
  }

  @Test(arguments: [0, -1, Int.min, Int.max])
  func impossibleNumbersOfCustomersAreRefused(customers: Int) {
    #expect(
      throws: GeneratorParameterError(
        parameter: "number of customers", value: "\(customers)",
        accepted: "a number from 1 to 1000000000000")
    ) { try CompanyKGenerator(customers: customers) }
  }
}

@Suite struct PublishedRulesTests {
  @Test func theTableReadsAsThePapersPrintIt() {
    let rows = CompanyK.publishedRules.map { rule in
      "\(rule.consequent) <= \(rule.antecedent) "
        + CompanyK.percentText(hundredths: rule.antecedentSupportHundredths) + " "
        + CompanyK.percentText(hundredths: rule.confidenceHundredths)
    }
    #expect(
      rows == [
        "game <= video 3.21 24.34", "video <= game 6.2 12.34", "weather <= music 4.3 12.32",
        "game <= news 2.3 14.21", "weather <= news 2.5 10.22", "game <= reading 1.77 14.23",
        "video <= reading 1.77 13.54", "news <= securities 0.53 22.08",
        "game <= securities 0.53 17.23", "video <= securities 0.53 13.22",
      ])
  }

  @Test func eightOfTenRowsAreReproduced() {
    let others = CompanyK.publishedRules.filter { !$0.isReproduced }
    #expect(
      others.map { "\($0.consequent) <= \($0.antecedent)" } == ["video <= game", "weather <= news"])
    #expect(others.map(\.plantedSupportHundredths) == [620, 230])
    #expect(others.map(\.plantedConfidenceHundredths) == [1260, 1022])
    #expect(CompanyK.publishedRules.allSatisfy { $0.isReproduced == ($0.note == nil) })
  }

  @Test func notesNameTheClashesAndTheHiddenRow() {
    #expect(CompanyK.notes.count == 4)
    #expect(CompanyK.notes[0].contains("antecedent_support"))
    #expect(CompanyK.notes[1].hasPrefix("video <= game"))
    #expect(CompanyK.notes[2].hasPrefix("weather <= news"))
    #expect(CompanyK.notes[3].contains("11 % would hide weather <= news (10.22 %)"))
  }

  @Test func percentagesRoundHalfUp() {
    #expect(CompanyK.hundredthsOfPercent(1, of: 3) == 3333)
    #expect(CompanyK.hundredthsOfPercent(2, of: 3) == 6667)
    #expect(CompanyK.hundredthsOfPercent(1, of: 20_000) == 1)
    #expect(CompanyK.hundredthsOfPercent(0, of: 0) == 0)
    #expect(CompanyK.percentText(hundredths: 1100) == "11")
    #expect(CompanyK.percentText(hundredths: 5) == "0.05")
  }
}
