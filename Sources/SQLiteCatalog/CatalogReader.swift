import Blocks
import GRDB
import Messages

/// Reads rows and verifies them.
struct CatalogReader {
  let database: Database
  let path: String
  private var digests = RowDigest()
  private var names = ObjectNames()

  init(_ database: Database, path: String) {
    self.database = database
    self.path = path
  }

  /// The tally of every table that has had a row.
  mutating func tallies() throws -> [String: UInt64] {
    var tallies: [String: UInt64] = [:]
    _ = try scan(.tallies) { row in tallies[try row.text()] = try row.number() }
    return tallies
  }

  /// Goes through all rows in the order of their keys.
  ///
  /// - Returns: The sum of their digests.
  /// - Throws: `CatalogError.damaged` at the first row that differs from its digest, or that `body`
  ///   does not read to its end.
  mutating func scan(
    _ table: CatalogTable, _ body: (inout CatalogRow) throws -> Void
  ) throws -> UInt64 {
    let rows = try Row.fetchCursor(database.cachedStatement(sql: table.orderedSelection))
    let width = table.keys.count + table.others.count
    var sum: UInt64 = 0
    var values: [CatalogValue] = []
    while let row = try rows.next() {
      values.removeAll(keepingCapacity: true)
      for index in 0..<width {
        guard let value = CatalogValue(row[index] as DatabaseValue) else { break }
        values.append(value)
      }
      var record = CatalogRow(table: table, path: path, values: values, names: names)
      guard values.count == width,
        case .number(let digest)? = CatalogValue(row[width] as DatabaseValue),
        digest == digests.digest(table, values)
      else { throw record.damaged }
      sum &+= digest
      try body(&record)
      guard record.isAtEnd else { throw record.damaged }
      names = record.names
    }
    return sum
  }
}

/// A verified row, read column by column.
struct CatalogRow {
  let table: CatalogTable
  let path: String
  let values: [CatalogValue]
  var names: ObjectNames
  private var position = 0

  init(table: CatalogTable, path: String, values: [CatalogValue], names: ObjectNames) {
    self.table = table
    self.path = path
    self.values = values
    self.names = names
  }

  var isAtEnd: Bool { position == values.count }

  /// The error that names this row by its keys.
  var damaged: CatalogError {
    let keys = values.prefix(table.keys.count).map { value in
      switch value {
      case .number(let number): "\(number)"
      case .text(let text): text
      case .none: "-"
      }
    }
    return .damaged(path: path, table: table.name, row: keys.joined(separator: " "))
  }

  private mutating func next() throws(CatalogError) -> CatalogValue {
    guard position < values.count else { throw damaged }
    position += 1
    return values[position - 1]
  }

  mutating func number() throws(CatalogError) -> UInt64 {
    guard case .number(let number) = try next() else { throw damaged }
    return number
  }

  mutating func integer() throws(CatalogError) -> Int {
    Int(truncatingIfNeeded: try number())
  }

  mutating func integerOrNone() throws(CatalogError) -> Int? {
    switch try next() {
    case .number(let number): Int(truncatingIfNeeded: number)
    case .none: nil
    case .text: throw damaged
    }
  }

  mutating func text() throws(CatalogError) -> String {
    guard case .text(let text) = try next() else { throw damaged }
    return text
  }

  mutating func name() throws(CatalogError) -> Name {
    let text = try text()
    do { return try Name(text) } catch { throw damaged }
  }

  mutating func uuid() throws(CatalogError) -> DataSetID {
    guard let id = names.dataSet(try text()) else { throw damaged }
    return id
  }

  mutating func object() throws(CatalogError) -> ObjectID {
    guard let id = names.object(try text()) else { throw damaged }
    return id
  }

  mutating func descriptor() throws(CatalogError) -> ObjectDescriptor {
    let id = try object()
    let length = try number()
    return ObjectDescriptor(id: id, length: length, checksum: try number())
  }

  mutating func descriptorOrNone() throws(CatalogError) -> ObjectDescriptor? {
    if position < values.count, values[position] == .none {
      for _ in 0..<3 { guard try next() == .none else { throw damaged } }
      return nil
    }
    return try descriptor()
  }
}
