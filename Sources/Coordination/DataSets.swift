import Blocks
import Messages

/// The data sets that are visible.
struct DataSets: Sendable {
  private var records: [DataSetID: DataSetRecord] = [:]
  private var idsByName: [Name: DataSetID] = [:]
  /// All names, ascending.
  private(set) var names: [Name] = []

  /// The data set with a name.
  func record(named name: Name) -> DataSetRecord? { idsByName[name].flatMap { records[$0] } }

  /// The data set with a UUID.
  func record(_ id: DataSetID) -> DataSetRecord? { records[id] }

  /// The data set that an ingest has made.
  func record(madeBy ingest: RequestID) -> DataSetRecord? {
    all.first { $0.ingest == ingest }
  }

  /// All data sets, by name.
  var all: [DataSetRecord] { names.compactMap(record(named:)) }

  mutating func add(_ record: DataSetRecord) {
    remove(record.id)
    records[record.id] = record
    idsByName[record.name] = record.id
    names.insert(record.name, at: names.lowerBound(of: record.name))
  }

  mutating func remove(_ id: DataSetID) {
    guard let record = records.removeValue(forKey: id) else { return }
    idsByName[record.name] = nil
    names.removeSorted(record.name)
  }
}
