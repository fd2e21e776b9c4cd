/// Company K: a telecom operator whose customers use up to seven mobile value-added services.
///
/// The rules that two papers published about it (``publishedRules``) are planted exactly, in
/// ``customers`` customers, so that mining the data gives the papers' table back. The seven services,
/// the thirteen counts of ``published`` and nothing else come from the papers. To look like people,
/// customers also combine services that the papers say nothing about, no more often than chance
/// would have it, and some use three (``unpublished``). No such pair reaches a confidence of 10 %
/// and no such triple 500 customers (0.05 %), so the ten published rules are the only ones above
/// ``minimumConfidence`` and ``minimumSupport``.
///
/// Most customers use none of the seven services. They count (supports are shares of *all*
/// customers), yet a basket file cannot show an empty basket except as a blank line, which most
/// programs skip. They therefore hold the single item ``voiceOnly``, which stands beside no other
/// item and so takes part in no rule.
public enum CompanyK {
  /// A mobile value-added service.
  public enum Service: String, CaseIterable, Sendable {
    case game, video, music, news, reading, securities, weather
  }

  /// Services, and how many of ``CompanyK/customers`` use at least these.
  public struct PlantedItemset: Sendable, Equatable {
    /// One to three services, in the order of `Service.allCases`.
    public let services: [Service]
    /// The number of customers who use all of them, perhaps among others.
    public let customers: Int
  }

  /// The number of customers the planted counts are meant for.
  public static let customers = 1_000_000

  /// The only item of a customer who uses none of the services.
  public static let voiceOnly = "voice-only"

  /// The minimum support of the demonstration, as the command line takes it.
  public static let minimumSupport = "0.05%"
  /// The minimum confidence of the demonstration, as the command line takes it.
  public static let minimumConfidence = "10%"
  /// The longest antecedent of the demonstration, as in the papers.
  public static let maximumAntecedent = 2

  /// Counts that follow from the published rules; weather's own is not published, 80,000 is ours.
  public static let published: [PlantedItemset] = [
    planted(62_000, .game),
    planted(32_100, .video),
    planted(43_000, .music),
    planted(23_000, .news),
    planted(17_700, .reading),
    planted(5_304, .securities),
    planted(80_000, .weather),
    planted(7_813, .game, .video),
    planted(5_298, .music, .weather),
    planted(3_268, .game, .news),
    planted(2_351, .news, .weather),
    planted(2_519, .game, .reading),
    planted(2_397, .video, .reading),
    planted(1_171, .news, .securities),
    planted(914, .game, .securities),
    planted(701, .video, .securities),
  ]

  /// Counts of our own: pairs as often as independence would have them, triples below 500.
  public static let unpublished: [PlantedItemset] = [
    planted(2_666, .game, .music),
    planted(4_960, .game, .weather),
    planted(1_380, .video, .music),
    planted(738, .video, .news),
    planted(2_568, .video, .weather),
    planted(989, .music, .news),
    planted(761, .music, .reading),
    planted(228, .music, .securities),
    planted(407, .news, .reading),
    planted(94, .reading, .securities),
    planted(1_416, .reading, .weather),
    planted(424, .securities, .weather),
    planted(336, .game, .video, .music),
    planted(341, .game, .video, .reading),
    planted(121, .game, .video, .securities),
    planted(420, .game, .video, .weather),
    planted(328, .game, .music, .weather),
    planted(166, .game, .news, .securities),
    planted(334, .game, .news, .weather),
    planted(290, .music, .news, .weather),
  ]

  private static func planted(_ customers: Int, _ services: Service...) -> PlantedItemset {
    PlantedItemset(services: services, customers: customers)
  }

  /// How many customers use exactly a combination of services; combinations nobody uses are absent.
  struct Cell: Equatable {
    /// In the order of `Service.allCases`; empty for customers without any service.
    var services: [Service]
    var customers: Int
  }

  /// The planted counts turned into disjoint cells, largest first, ties by combination.
  ///
  /// A planted count is the sum of the cells of all combinations that contain its services. Undoing
  /// that sum service by service (the Möbius inversion over subsets) leaves the cells.
  static func cells() -> [Cell] {
    let services = Service.allCases
    var counts = Array(repeating: 0, count: 1 << services.count)
    counts[0] = customers
    for itemset in published + unpublished {
      counts[combination(itemset.services)] = itemset.customers
    }
    for bit in services.indices {
      for combination in counts.indices where combination & (1 << bit) == 0 {
        counts[combination] -= counts[combination | 1 << bit]
      }
    }
    let used = counts.indices.filter { counts[$0] != 0 }
    let ordered = used.sorted { (counts[$1], $0) < (counts[$0], $1) }
    return ordered.map { combination in
      let members = services.indices.filter { combination & (1 << $0) != 0 }
      return Cell(services: members.map { services[$0] }, customers: counts[combination])
    }
  }

  /// A set of services as a number: bit `i` stands for the service `Service.allCases[i]`.
  private static func combination(_ members: [Service]) -> Int {
    var result = 0
    for (bit, service) in Service.allCases.enumerated() where members.contains(service) {
      result |= 1 << bit
    }
    return result
  }
}
