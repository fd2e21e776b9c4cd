import Messages

/// A node's disk: what is on it has been flushed and survives a crash.
struct Disk {
  /// Bytes that it takes.
  var capacity: UInt64 = 1 << 30
  /// Whether it refuses writes as full.
  var isFull = false
  /// How many times slower than usual it is.
  var slowness: UInt64 = 1
  private(set) var usedBytes: UInt64 = 0
  private var files: [ObjectID: (object: ObjectDescriptor, bytes: [UInt8])] = [:]
  /// Objects that were moved aside.
  private(set) var quarantined: [ObjectID] = []
  /// What a worker has promised.
  var cluster: ClusterID?
  var promised = Epoch.none

  var freeBytes: UInt64 { isFull ? 0 : capacity - min(usedBytes, capacity) }

  /// The objects, ascending by id.
  var objects: [ObjectDescriptor] {
    files.values.map(\.object).sorted { $0.id < $1.id }
  }

  var objectCount: Int { files.count }

  /// The bytes of an object as they are on the disk, damaged or not.
  func bytes(of id: ObjectID) -> [UInt8]? { files[id]?.bytes }

  /// Whether the object is there, whole and right.
  func holds(_ object: ObjectDescriptor) -> Bool {
    guard let file = files[object.id] else { return false }
    return file.object == object && object.matches(file.bytes)
  }

  mutating func write(_ object: ObjectDescriptor, _ bytes: [UInt8]) {
    remove(object.id)
    files[object.id] = (object, bytes)
    usedBytes += object.length
  }

  mutating func remove(_ id: ObjectID) {
    guard let old = files.removeValue(forKey: id) else { return }
    usedBytes -= old.object.length
  }

  mutating func quarantine(_ id: ObjectID) {
    guard files[id] != nil else { return }
    remove(id)
    quarantined.append(id)
  }

  /// Flips one bit of an object.
  mutating func rot(_ id: ObjectID, bit: Int) {
    guard var file = files[id], !file.bytes.isEmpty else { return }
    file.bytes[bit / 8 % file.bytes.count] ^= 1 << UInt8(bit % 8)
    files[id] = file
  }

  /// A new, empty disk.
  mutating func wipe() { self = Disk() }
}
