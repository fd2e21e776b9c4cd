import Blocks
import Messages

/// The header of an object's file, and where the file lies.
///
/// All numbers are little-endian:
///
/// | Offset | Bytes | |
/// |---|---|---|
/// | 0 | 8 | `LODEOBJT` |
/// | 8 | 4 | format version, 1 |
/// | 12 | 1 | owner: 1 a data set, 2 a job |
/// | 13 | 1 | kind, as `ObjectKind.rawValue` |
/// | 14 | 2 | zero |
/// | 16 | 16 | the data set's UUID, high half first; for a job zero and its number |
/// | 32 | 8 | number |
/// | 40 | 8 | length of the content |
/// | 48 | 8 | XXH3 of the content |
/// | 56 | 8 | XXH3 of the bytes before |
///
/// The content follows. Magic, version and the last eight bytes stay where they are in later versions.
enum ObjectFile {
  static let headerLength = 64
  static let version: UInt32 = 1
  private static let magic = Array("LODEOBJT".utf8)

  static func header(of object: ObjectDescriptor) -> [UInt8] {
    var bytes = magic
    bytes.reserveCapacity(headerLength)
    append(version, to: &bytes)
    let owner: (kind: UInt8, high: UInt64, low: UInt64) =
      switch object.id.owner {
      case .dataSet(let id): (1, id.high, id.low)
      case .job(let id): (2, 0, id.number)
      }
    bytes += [owner.kind, object.id.kind.rawValue, 0, 0]
    for word in [owner.high, owner.low, object.id.number, object.length, object.checksum] {
      append(word, to: &bytes)
    }
    append(checksum64(bytes), to: &bytes)
    return bytes
  }

  private static func append(_ word: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// What a header turns out to be.
  enum Reading {
    case object(ObjectDescriptor)
    case newerFormat(UInt32)
    case damaged(String)
  }

  static func read(_ header: [UInt8]) -> Reading {
    guard header.count >= headerLength else { return .damaged("its header is cut off") }
    func word(_ offset: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(header[offset + $1]) << (8 * UInt64($1)) }
    }
    guard Array(header[..<8]) == magic else { return .damaged("it is no object of Lode") }
    guard word(56) == checksum64(Array(header[..<56])) else {
      return .damaged("its header is damaged")
    }
    let found = UInt32(truncatingIfNeeded: word(8))
    guard found <= version else { return .newerFormat(found) }
    let owner: ObjectOwner? =
      switch header[12] {
      case 1: .dataSet(DataSetID(high: word(16), low: word(24)))
      case 2: .job(JobID(word(24)))
      default: nil
      }
    guard let owner, let kind = ObjectKind(rawValue: header[13]) else {
      return .damaged("its header names an owner or kind that does not exist")
    }
    let object = ObjectDescriptor(
      id: ObjectID(owner: owner, kind: kind, number: word(32)), length: word(40),
      checksum: word(48))
    // What is not read above must be as it is written, or two headers would mean the same.
    guard self.header(of: object) == Array(header[..<headerLength]) else {
      return .damaged("its header is not one that this program writes")
    }
    return .object(object)
  }

  /// The folder of an owner's objects, below `objects`: as in `dataset-123e…` or `job-17`.
  static func folder(of owner: ObjectOwner) -> String {
    switch owner {
    case .dataSet(let id): "dataset-\(id)"
    case .job(let id): "\(id)"
    }
  }

  /// The name in the owner's folder, as in `block-000000000012`: names ascend as numbers do.
  static func name(of id: ObjectID) -> String {
    let digits = String(id.number)
    let zeros = String(repeating: "0", count: max(0, 12 - digits.utf8.count))
    return "\(kindNames[Int(id.kind.rawValue)])-\(zeros)\(digits)"
  }

  /// Where the file lies below `objects`.
  static func path(of id: ObjectID) -> String { "\(folder(of: id.owner))/\(name(of: id))" }

  /// By raw value; the text of a case is slow to ask for.
  private static let kindNames: [String] = {
    var names = [String](repeating: "", count: 256)
    for kind in ObjectKind.allCases { names[Int(kind.rawValue)] = "\(kind)" }
    return names
  }()
}
