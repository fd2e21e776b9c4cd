import GRDB
import Messages

/// Changes rows in one transaction, and the tallies of their tables with them.
struct CatalogWriter {
  let database: Database
  let path: String
  var names = ObjectNames()
  private var digests = RowDigest()
  /// By table name: what its tally grows by.
  private var growth: [String: UInt64] = [:]

  init(_ database: Database, path: String) {
    self.database = database
    self.path = path
  }

  /// Adds a row; does nothing where there is one with these keys.
  mutating func insert(_ table: CatalogTable, _ values: [CatalogValue]) throws {
    let digest = digests.digest(table, values)
    let statement = try database.cachedStatement(sql: table.insertion)
    let arguments = values.map(\.databaseValue) + [Int64(bitPattern: digest).databaseValue]
    statement.setUncheckedArguments(StatementArguments(arguments))
    try statement.execute()
    if database.changesCount > 0 { growth[table.name, default: 0] &+= digest }
  }

  /// Deletes the rows whose first keys have these values.
  mutating func delete(_ table: CatalogTable, _ values: [CatalogValue]) throws {
    try delete(table, where: table.condition(firstKeys: values.count), values)
  }

  /// Deletes the rows that a condition is true for.
  mutating func delete(
    _ table: CatalogTable, where condition: String, _ values: [CatalogValue]
  ) throws {
    let statement = try database.cachedStatement(sql: table.deletion(where: condition))
    let arguments = StatementArguments(values.map(\.databaseValue))
    let digests = try Row.fetchCursor(statement, arguments: arguments)
    while let row = try digests.next() {
      guard case .number(let digest)? = CatalogValue(row[0] as DatabaseValue) else {
        throw CatalogError.damaged(path: path, table: table.name, row: nil)
      }
      growth[table.name, default: 0] &-= digest
    }
  }

  /// Writes the tallies; the last thing of a transaction.
  mutating func finish() throws {
    var reader = CatalogReader(database, path: path)
    var tallies = try reader.tallies()
    for table in CatalogTable.tallied {
      guard let growth = growth[table.name], growth != 0 else { continue }
      tallies[table.name, default: 0] &+= growth
      try delete(.tallies, [.text(table.name)])
      try insert(.tallies, [.text(table.name), .number(tallies[table.name, default: 0])])
    }
  }
}
