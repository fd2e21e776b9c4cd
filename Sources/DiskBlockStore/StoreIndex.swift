import Messages

/// What the store knows without asking the disk.
struct StoreIndex {
  /// What an object's bytes must be.
  private struct Entry {
    let length: UInt64
    let checksum: UInt64
  }

  private var entries: [ObjectID: Entry] = [:]
  /// The owners whose folders are durable.
  private(set) var owners: Set<ObjectOwner> = []
  /// Set once a flush has failed; no change is made after that.
  var failure: StoreError?

  init(_ objects: [ObjectDescriptor]) {
    entries.reserveCapacity(objects.count)
    for object in objects { insert(object) }
  }

  var count: Int { entries.count }

  /// All objects, ascending.
  /// - Complexity: O(n log n).
  var objects: [ObjectDescriptor] {
    entries.map {
      ObjectDescriptor(id: $0.key, length: $0.value.length, checksum: $0.value.checksum)
    }
    .sorted { $0.id < $1.id }
  }

  subscript(id: ObjectID) -> ObjectDescriptor? {
    entries[id].map { ObjectDescriptor(id: id, length: $0.length, checksum: $0.checksum) }
  }

  mutating func insert(_ object: ObjectDescriptor) {
    entries[object.id] = Entry(length: object.length, checksum: object.checksum)
    owners.insert(object.id.owner)
  }

  mutating func insertOwner(_ owner: ObjectOwner) { owners.insert(owner) }

  mutating func remove(_ id: ObjectID) { entries[id] = nil }
}
