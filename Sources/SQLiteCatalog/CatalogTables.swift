import GRDB

/// A table as the code uses it: every row ends with a digest of its other columns.
struct CatalogTable {
  /// The table's name.
  let name: String
  /// The columns of the primary key, which come first; rows are read in their order.
  let keys: [String]
  /// The other columns, without the digest.
  let others: [String]
  /// Adds a row; does nothing where there is one with these keys.
  let insertion: String
  /// Adds a row in the place of the one with these keys.
  let replacement: String

  private init(name: String, keys: [String], others: [String]) {
    self.name = name
    self.keys = keys
    self.others = others
    let columns = (keys + others + ["digest"])
    let places = [String](repeating: "?", count: columns.count).joined(separator: ", ")
    let row = "INTO \(name) (\(columns.joined(separator: ", "))) VALUES (\(places))"
    insertion = "INSERT \(row) ON CONFLICT DO NOTHING"
    replacement = "INSERT OR REPLACE \(row)"
  }

  static let cluster = CatalogTable(
    name: "cluster", keys: ["id"], others: ["uuid", "epoch", "last_job"])
  static let dataSets = CatalogTable(
    name: "data_sets", keys: ["id"],
    others: [
      "name", "version", "replication", "transaction_count", "item_count", "dictionary",
      "dictionary_length", "dictionary_checksum", "counts", "counts_length", "counts_checksum",
      "source", "added_at", "ingest",
    ])
  static let shards = CatalogTable(
    name: "shards", keys: ["data_set", "position"], others: ["first_block", "transaction_count"])
  static let blocks = CatalogTable(
    name: "blocks", keys: ["data_set", "shard", "position"],
    others: ["object", "length", "checksum"])
  static let jobs = CatalogTable(
    name: "jobs", keys: ["id"],
    others: [
      "data_set", "request", "data_set_name", "minimum_support_given", "maximum_level", "state",
      "data_set_version", "transaction_count", "minimum_support", "level", "ranges_closed",
      "range_count", "failure", "submitted_at", "ended_at", "software", "block_format",
      "payload_format", "items", "items_length", "items_checksum",
    ])
  static let jobArguments = CatalogTable(
    name: "job_arguments", keys: ["job", "position"], others: ["argument"])
  static let levels = CatalogTable(
    name: "levels", keys: ["job", "position"],
    others: [
      "level", "candidate_count", "frequent_count", "lease_count", "bytes_received", "bytes_sent",
      "milliseconds",
    ])
  static let checkpoints = CatalogTable(
    name: "checkpoints", keys: ["job", "position"], others: ["object", "length", "checksum"])
  static let nodes = CatalogTable(
    name: "nodes", keys: ["name"], others: ["incarnation", "rack", "is_draining"])
  static let replicas = CatalogTable(name: "replicas", keys: ["object", "node"], others: [])
  /// For every other table the sum of its rows' digests, so that a lost row is noticed too.
  static let tallies = CatalogTable(name: "tallies", keys: ["name"], others: ["sum"])

  /// The tables that have a tally, those that are referred to first.
  static let tallied = [
    cluster, dataSets, shards, blocks, jobs, jobArguments, levels, checkpoints, nodes, replicas,
  ]

  private var columns: [String] { keys + others }

  var selection: String {
    "SELECT \((columns + ["digest"]).joined(separator: ", ")) FROM \(name)"
  }

  var orderedSelection: String { "\(selection) ORDER BY \(keys.joined(separator: ", "))" }

  /// The digests of the rows whose first keys have given values, by their keys.
  func digestSelection(firstKeys count: Int) -> String {
    "SELECT digest FROM \(name) WHERE \(condition(firstKeys: count))"
      + " ORDER BY \(keys.joined(separator: ", "))"
  }

  /// Deletes the rows that a condition is true for and returns their digests.
  func deletion(where condition: String) -> String {
    "DELETE FROM \(name) WHERE \(condition) RETURNING digest"
  }

  /// True for the rows whose first keys have given values.
  func condition(firstKeys count: Int) -> String {
    keys.prefix(count).map { "\($0) = ?" }.joined(separator: " AND ")
  }
}

/// The tables as they have been made and changed over time; what was released is never edited.
///
/// Tables are clustered by their keys (`WITHOUT ROWID`): there is no second index to differ from them.
/// Counts are `UInt64` and are stored as the `Int64` of the same bits.
func catalogMigrator() -> DatabaseMigrator {
  var migrator = DatabaseMigrator()
  migrator.registerMigration("1: the cluster's catalog") { database in
    try database.execute(
      sql: """
        CREATE TABLE cluster (
          id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), uuid TEXT NOT NULL,
          epoch INTEGER NOT NULL, last_job INTEGER NOT NULL, digest INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE data_sets (
          id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL,
          replication INTEGER NOT NULL, transaction_count INTEGER NOT NULL,
          item_count INTEGER NOT NULL, dictionary TEXT NOT NULL, dictionary_length INTEGER NOT NULL,
          dictionary_checksum INTEGER NOT NULL, counts TEXT NOT NULL,
          counts_length INTEGER NOT NULL, counts_checksum INTEGER NOT NULL, source TEXT NOT NULL,
          added_at INTEGER NOT NULL, ingest TEXT NOT NULL, digest INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE shards (
          data_set TEXT NOT NULL REFERENCES data_sets (id), position INTEGER NOT NULL,
          first_block INTEGER NOT NULL, transaction_count INTEGER NOT NULL,
          digest INTEGER NOT NULL, PRIMARY KEY (data_set, position)
        ) WITHOUT ROWID;
        CREATE TABLE blocks (
          data_set TEXT NOT NULL, shard INTEGER NOT NULL, position INTEGER NOT NULL,
          object TEXT NOT NULL, length INTEGER NOT NULL, checksum INTEGER NOT NULL,
          digest INTEGER NOT NULL, PRIMARY KEY (data_set, shard, position),
          FOREIGN KEY (data_set, shard) REFERENCES shards (data_set, position)
        ) WITHOUT ROWID;
        CREATE TABLE jobs (
          id INTEGER NOT NULL PRIMARY KEY, data_set TEXT NOT NULL, request TEXT NOT NULL,
          data_set_name TEXT NOT NULL, minimum_support_given TEXT NOT NULL, maximum_level INTEGER,
          state TEXT NOT NULL, data_set_version INTEGER NOT NULL,
          transaction_count INTEGER NOT NULL, minimum_support INTEGER NOT NULL,
          level INTEGER NOT NULL, ranges_closed INTEGER NOT NULL, range_count INTEGER NOT NULL,
          failure TEXT NOT NULL, submitted_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
          software TEXT NOT NULL, block_format INTEGER NOT NULL, payload_format INTEGER NOT NULL,
          items TEXT, items_length INTEGER, items_checksum INTEGER, digest INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE job_arguments (
          job INTEGER NOT NULL REFERENCES jobs (id), position INTEGER NOT NULL,
          argument TEXT NOT NULL, digest INTEGER NOT NULL, PRIMARY KEY (job, position)
        ) WITHOUT ROWID;
        CREATE TABLE levels (
          job INTEGER NOT NULL REFERENCES jobs (id), position INTEGER NOT NULL,
          level INTEGER NOT NULL, candidate_count INTEGER NOT NULL,
          frequent_count INTEGER NOT NULL, lease_count INTEGER NOT NULL,
          bytes_received INTEGER NOT NULL, bytes_sent INTEGER NOT NULL,
          milliseconds INTEGER NOT NULL, digest INTEGER NOT NULL, PRIMARY KEY (job, position)
        ) WITHOUT ROWID;
        CREATE TABLE checkpoints (
          job INTEGER NOT NULL REFERENCES jobs (id), position INTEGER NOT NULL,
          object TEXT NOT NULL, length INTEGER NOT NULL, checksum INTEGER NOT NULL,
          digest INTEGER NOT NULL, PRIMARY KEY (job, position)
        ) WITHOUT ROWID;
        CREATE TABLE nodes (
          name TEXT NOT NULL PRIMARY KEY, incarnation INTEGER NOT NULL, rack TEXT NOT NULL,
          is_draining INTEGER NOT NULL, digest INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE replicas (
          object TEXT NOT NULL, node TEXT NOT NULL, digest INTEGER NOT NULL,
          PRIMARY KEY (object, node)
        ) WITHOUT ROWID;
        CREATE TABLE tallies (
          name TEXT NOT NULL PRIMARY KEY, sum INTEGER NOT NULL, digest INTEGER NOT NULL
        ) WITHOUT ROWID;
        """)
  }
  return migrator
}
