import Blocks
import Messages

/// Objects as text and back, as `ObjectID.description` writes them; remembers the last owner, since
/// neighbouring rows mostly have the same one.
struct ObjectNames {
  private var owner: (id: ObjectOwner, text: String)?
  private var dataSet: (id: DataSetID, text: String)?

  /// The text of an object.
  mutating func text(of id: ObjectID) -> String {
    "\(text(of: id.owner))/\(Self.kindNames[Int(id.kind.rawValue)])-\(id.number)"
  }

  /// The text of an owner, as in `dataset-123e…` or `job-17`.
  mutating func text(of id: ObjectOwner) -> String {
    if let owner, owner.id == id { return owner.text }
    let text =
      switch id {
      case .dataSet(let id): "dataset-\(id)"
      case .job(let id): "\(id)"
      }
    owner = (id, text)
    return text
  }

  /// The UUID of a text; nil where it is none.
  mutating func dataSet(_ text: String) -> DataSetID? {
    if let dataSet, dataSet.text == text { return dataSet.id }
    dataSet = DataSetID(text: Substring(text)).map { ($0, text) }
    return dataSet?.id
  }

  /// The object of a text; nil where there is none.
  mutating func object(_ text: String) -> ObjectID? {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2, let dash = parts[1].lastIndex(of: UInt8(ascii: "-")),
      let owner = owner(Substring(parts[0])),
      let number = UInt64(Substring(parts[1][dash...].dropFirst())),
      let kind = Self.kind(Substring(parts[1][..<dash]))
    else { return nil }
    return ObjectID(owner: owner, kind: kind, number: number)
  }

  private mutating func owner(_ text: Substring) -> ObjectOwner? {
    if let owner, owner.text == text { return owner.id }
    let id: ObjectOwner?
    if text.hasPrefix("dataset-") {
      id = DataSetID(text: text.dropFirst(8)).map { .dataSet($0) }
    } else if text.hasPrefix("job-") {
      id = UInt64(text.dropFirst(4)).map { .job(JobID($0)) }
    } else {
      id = nil
    }
    guard let id else { return nil }
    owner = (id, String(text))
    return id
  }

  /// By raw value; the text of a case is slow to ask for.
  private static let kindNames: [String] = {
    var names = [String](repeating: "", count: 256)
    for kind in ObjectKind.allCases { names[Int(kind.rawValue)] = "\(kind)" }
    return names
  }()

  private static func kind(_ text: Substring) -> ObjectKind? {
    ObjectKind.allCases.first { kindNames[Int($0.rawValue)] == text }
  }
}
