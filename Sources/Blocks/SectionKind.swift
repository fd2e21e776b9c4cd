/// What a section of an encoded block holds; the numbers are part of the format for ever.
public struct SectionKind: RawRepresentable, Sendable, Hashable {
  /// The number in the section table.
  public let rawValue: UInt16

  /// The kind with this number, known or not.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The ids of the items present, as gaps.
  public static let itemIDs = SectionKind(rawValue: 1)
  /// Kind, cardinality and length of each item's container.
  public static let directory = SectionKind(rawValue: 2)
  /// The words of all containers.
  public static let payload = SectionKind(rawValue: 3)
  /// The time of each transaction.
  public static let times = SectionKind(rawValue: 4)
  /// The customer of each transaction.
  public static let customers = SectionKind(rawValue: 5)
  /// Reserved: a label for each transaction.
  public static let labels = SectionKind(rawValue: 6)
  /// Reserved: a weight for each transaction.
  public static let weights = SectionKind(rawValue: 7)
  /// Reserved: bit-sliced numbers.
  public static let numbers = SectionKind(rawValue: 8)
}

extension SectionKind {
  /// Whether version 1 reads the section, rather than skip or refuse it.
  var isKnown: Bool { (1...5).contains(rawValue) }

  /// Whether a block cannot be understood without this section, which version 1 knows.
  var isRequired: Bool { (1...3).contains(rawValue) }
}

extension SectionKind: CustomStringConvertible {
  /// The section's name, with its number where it has none.
  public var description: String {
    switch self {
    case .itemIDs: "item ids"
    case .directory: "container directory"
    case .payload: "payload"
    case .times: "times"
    case .customers: "customers"
    case .labels: "labels"
    case .weights: "weights"
    case .numbers: "numbers"
    default: "number \(rawValue)"
    }
  }
}
