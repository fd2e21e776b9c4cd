import GRDB
import Messages

/// What a column holds.
enum CatalogValue: Equatable {
  /// A count or checksum; SQLite keeps the `Int64` of the same bits.
  case number(UInt64)
  /// A text; as a blob where it has a NUL, at which SQLite's texts end.
  case text(String)
  /// Nothing.
  case none

  /// An integer that may be negative.
  static func integer(_ value: Int) -> CatalogValue { .number(UInt64(bitPattern: Int64(value))) }

  var databaseValue: DatabaseValue {
    switch self {
    case .number(let number): Int64(bitPattern: number).databaseValue
    case .text(let text): text.utf8.contains(0) ? text.nulProofValue : text.databaseValue
    case .none: .null
    }
  }

  /// Nil where SQLite holds something that is never written: a real number.
  init?(_ value: DatabaseValue) {
    switch value.storage {
    case .int64(let number): self = .number(UInt64(bitPattern: number))
    case .string(let text): self = .text(text)
    case .blob(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
    case .null: self = .none
    case .double: return nil
    }
  }
}

/// Digests of rows; keeps its buffer from row to row.
struct RowDigest {
  private var bytes: [UInt8] = []

  /// XXH3 over the table's name and the values, each with its kind and length: no two rows of the
  /// catalog are the same bytes.
  mutating func digest(_ table: CatalogTable, _ values: [CatalogValue]) -> UInt64 {
    bytes.removeAll(keepingCapacity: true)
    append(table.name)
    for value in values {
      switch value {
      case .none: bytes.append(0)
      case .number(let number):
        bytes.append(1)
        append(number)
      case .text(let text):
        bytes.append(2)
        append(text)
      }
    }
    return checksum64(bytes)
  }

  private mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
