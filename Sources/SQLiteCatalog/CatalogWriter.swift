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
    try execute(table.insertion, values, digest)
    if database.changesCount > 0 { growth[table.name, default: 0] &+= digest }
  }

  /// Adds a row in the place of the one with these keys, if there is one that differs.
  ///
  /// Rows that refer to it stay.
  mutating func put(_ table: CatalogTable, _ values: [CatalogValue]) throws {
    let digest = digests.digest(table, values)
    let known = try digestsOfRows(table, firstKeys: Array(values.prefix(table.keys.count)))
    if known == [digest] { return }
    try execute(table.replacement, values, digest)
    growth[table.name, default: 0] &+= digest &- known.reduce(0, &+)
  }

  /// Makes the rows of an owner these; only what comes after the rows that stay is written.
  ///
  /// - Parameters:
  ///   - owner: the first keys of all rows. The next key is the place of a row, from 0.
  ///   - rows: the values behind that key.
  mutating func put(
    _ table: CatalogTable, of owner: [CatalogValue], _ rows: [[CatalogValue]]
  ) throws {
    let known = try digestsOfRows(table, firstKeys: owner)
    let all = rows.enumerated().map { owner + [.integer($0)] + $1 }
    let same = zip(known, all).prefix { $0 == digests.digest(table, $1) }.count
    if same < known.count {
      try delete(
        table, where: table.condition(firstKeys: owner.count) + " AND position >= ?",
        owner + [.integer(same)])
    }
    for values in all[same...] { try insert(table, values) }
  }

  private func execute(_ sql: String, _ values: [CatalogValue], _ digest: UInt64) throws {
    let statement = try database.cachedStatement(sql: sql)
    let arguments = values.map(\.databaseValue) + [Int64(bitPattern: digest).databaseValue]
    statement.setUncheckedArguments(StatementArguments(arguments))
    try statement.execute()
  }

  /// The digests of the rows whose first keys have these values, by their keys.
  private func digestsOfRows(
    _ table: CatalogTable, firstKeys values: [CatalogValue]
  ) throws -> [UInt64] {
    let statement = try database.cachedStatement(
      sql: table.digestSelection(firstKeys: values.count))
    let rows = try Row.fetchCursor(
      statement, arguments: StatementArguments(values.map(\.databaseValue)))
    var digests: [UInt64] = []
    while let row = try rows.next() { digests.append(try digest(in: row, of: table)) }
    return digests
  }

  private func digest(in row: Row, of table: CatalogTable) throws -> UInt64 {
    guard case .number(let digest)? = CatalogValue(row[0] as DatabaseValue) else {
      throw CatalogError.damaged(path: path, table: table.name, row: nil)
    }
    return digest
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
      growth[table.name, default: 0] &-= try digest(in: row, of: table)
    }
  }

  /// Writes the tallies; the last thing of a transaction.
  mutating func finish() throws {
    var reader = CatalogReader(database, path: path)
    var tallies = try reader.tallies()
    for table in CatalogTable.tallied {
      guard let growth = growth[table.name], growth != 0 else { continue }
      tallies[table.name, default: 0] &+= growth
      try put(.tallies, [.text(table.name), .number(tallies[table.name, default: 0])])
    }
  }
}
