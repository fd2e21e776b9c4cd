/// The customers of ``CompanyK`` in random order, a line of comma-separated services each.
///
/// Every cell (combination of services) has a fixed number of customers; each line draws one of the
/// customers not yet written. So the counts of the whole are exact whatever the seed, and the order
/// is uniformly random, without a list of customers in memory.
///
/// - Complexity: 1,000,000 customers are 10.3 MB of text and take less than a tenth of a second.
public struct CompanyKGenerator: BasketGenerator {
  /// How many customers may be asked for.
  public static let customersAllowed = 1...1_000_000_000_000

  private var random: SeededRandom
  private var customersLeft: Int
  /// Customers not yet written, a cell each; parallel to `lines`.
  private var customersLeftInCell: [Int] = []
  private var lines: [[UInt8]] = []

  /// Prepares `customers` lines.
  ///
  /// For other numbers than ``CompanyK/customers`` every cell is scaled in proportion and rounded so
  /// that the cells still add up; a multiple of it has exactly the multiples of all planted counts.
  ///
  /// - Throws: when `customers` lies outside ``customersAllowed``.
  public init(
    customers: Int = CompanyK.customers, seed: UInt64 = 1
  ) throws(GeneratorParameterError) {
    try GeneratorParameterError.check("number of customers", customers, in: Self.customersAllowed)
    random = SeededRandom(seed: seed)
    customersLeft = customers
    // Rounding the running sum instead of each cell keeps the total; 10^12 x 10^6 fits an Int.
    var planted = 0
    var scaled = 0
    for cell in CompanyK.cells() {
      planted += cell.customers
      let next = planted * customers / CompanyK.customers
      customersLeftInCell.append(next - scaled)
      scaled = next
      let names = cell.services.isEmpty ? [CompanyK.voiceOnly] : cell.services.map(\.rawValue)
      lines.append(Array((names.joined(separator: ",") + "\n").utf8))
    }
  }

  /// Replaces `bytes` by the lines of the next customers; see ``BasketGenerator``.
  public mutating func next(into bytes: inout [UInt8], upTo limit: Int) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    let hasMore = customersLeft > 0
    while customersLeft > 0 {
      var place = random.below(customersLeft)
      var cell = 0
      while place >= customersLeftInCell[cell] {
        place -= customersLeftInCell[cell]
        cell += 1
      }
      customersLeftInCell[cell] -= 1
      customersLeft -= 1
      bytes.append(contentsOf: lines[cell])
      if bytes.count >= limit { break }
    }
    return hasMore
  }
}
