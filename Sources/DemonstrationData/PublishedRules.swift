extension CompanyK {
  /// A row of the papers' table.
  public struct PublishedRule: Sendable, Equatable {
    /// The service that is foretold.
    public let consequent: Service
    /// The service it is foretold from.
    public let antecedent: Service
    /// The share of customers who use the antecedent, in hundredths of a percent.
    ///
    /// This is what the papers, like SPSS Clementine, call support.
    public let antecedentSupportHundredths: Int
    /// The confidence, in hundredths of a percent.
    public let confidenceHundredths: Int
    /// Why the data cannot give the printed figures, where that is so.
    public let note: String?

    /// The support of the antecedent that the data holds, in hundredths of a percent.
    public var plantedSupportHundredths: Int {
      hundredthsOfPercent(customers(using: [antecedent]), of: CompanyK.customers)
    }

    /// The confidence that the data holds, in hundredths of a percent.
    public var plantedConfidenceHundredths: Int {
      hundredthsOfPercent(
        customers(using: [antecedent, consequent]), of: customers(using: [antecedent]))
    }

    /// Whether the data gives both figures as printed.
    public var isReproduced: Bool {
      plantedSupportHundredths == antecedentSupportHundredths
        && plantedConfidenceHundredths == confidenceHundredths
    }
  }

  /// The papers' table, row by row in their order.
  public static let publishedRules: [PublishedRule] = [
    rule(.game, from: .video, support: 321, confidence: 2434),
    rule(
      .video, from: .game, support: 620, confidence: 1234,
      note: """
        game and video together are 0.781 % of customers by the row game <= video, but 0.765 % by \
        this one; the data follows the former
        """),
    rule(.weather, from: .music, support: 430, confidence: 1232),
    rule(.game, from: .news, support: 230, confidence: 1421),
    rule(
      .weather, from: .news, support: 250, confidence: 1022,
      note: """
        news has one support, printed as 2.3 % in the row above and as 2.5 % here; the data \
        follows the former
        """),
    rule(.game, from: .reading, support: 177, confidence: 1423),
    rule(.video, from: .reading, support: 177, confidence: 1354),
    rule(.news, from: .securities, support: 53, confidence: 2208),
    rule(.game, from: .securities, support: 53, confidence: 1723),
    rule(.video, from: .securities, support: 53, confidence: 1322),
  ]

  /// The minimum confidence that the papers state, in hundredths of a percent.
  ///
  /// Their own row weather <= news lies below it.
  public static let statedMinimumConfidenceHundredths = 1100

  /// What a reader of both tables should know, a sentence each, the rows' notes included.
  public static let notes: [String] =
    [
      """
      The papers' support is SPSS Clementine's: that of the antecedent. Here antecedent_support \
      and support (of antecedent and consequent together) are separate columns.
      """
    ]
    + publishedRules.compactMap { rule in
      rule.note.map { "\(rule.consequent) <= \(rule.antecedent): \($0)." }
    }
    + publishedRules.filter { $0.confidenceHundredths < statedMinimumConfidenceHundredths }
    .map { rule in
      """
      The papers' stated minimum confidence of \
      \(percentText(hundredths: statedMinimumConfidenceHundredths)) % would hide \
      \(rule.consequent) <= \(rule.antecedent) \
      (\(percentText(hundredths: rule.confidenceHundredths)) %), which they print.
      """
    }

  /// `count` as a share of `total` in hundredths of a percent, rounded half up; 0 of 0 is 0.
  ///
  /// For counts up to 10^14, which is more than any basket file holds.
  public static func hundredthsOfPercent(_ count: Int, of total: Int) -> Int {
    total == 0 ? 0 : (count * 20_000 + total) / (2 * total)
  }

  /// A percentage as the papers print it: `3.21`, `6.2`, `0.53`.
  public static func percentText(hundredths: Int) -> String {
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    guard rest != 0 else { return "\(whole)" }
    if rest % 10 == 0 { return "\(whole).\(rest / 10)" }
    return "\(whole).\(rest / 10)\(rest % 10)"
  }

  /// The planted number of customers who use at least these services; 0 where none is planted.
  private static func customers(using services: Set<Service>) -> Int {
    (published + unpublished).first { Set($0.services) == services }?.customers ?? 0
  }

  private static func rule(
    _ consequent: Service, from antecedent: Service, support: Int, confidence: Int,
    note: String? = nil
  ) -> PublishedRule {
    PublishedRule(
      consequent: consequent, antecedent: antecedent, antecedentSupportHundredths: support,
      confidenceHundredths: confidence, note: note)
  }
}
