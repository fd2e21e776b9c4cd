import Blocks
import Messages
import SwiftProtobuf

// Numbers, texts and names, and what all messages speak of.

/// A number of things for the wire.
func unsigned(_ number: Int, _ field: String) throws(WireError) -> UInt64 {
  guard let number = UInt64(exactly: number) else {
    throw .invalid(field, "\(number) is negative")
  }
  return number
}

/// A number of things from the wire.
func signed(_ number: UInt64, _ field: String) throws(WireError) -> Int {
  guard let number = Int(exactly: number) else {
    throw .limit(of: field, found: number, limit: UInt64(Int.max))
  }
  return number
}

/// A text in either direction, not too long.
func text(_ text: String, _ field: String) throws(WireError) -> String {
  try check(text.utf8.count, MessageLimits.textBytes, "the length of \(field)")
  return text
}

/// A list in either direction, not too long, each entry made into another.
func list<Entry, Result>(
  _ entries: [Entry], _ field: String, limit: Int = MessageLimits.listLength,
  _ transform: (Entry) throws(WireError) -> Result
) throws(WireError) -> [Result] {
  try check(entries.count, limit, "the length of \(field)")
  var results: [Result] = []
  results.reserveCapacity(entries.count)
  for entry in entries { results.append(try transform(entry)) }
  return results
}

/// A list of texts in either direction.
func texts(_ texts: [String], _ field: String) throws(WireError) -> [String] {
  try list(texts, field) { entry throws(WireError) in try text(entry, field) }
}

/// A list of numbers in either direction, not too long.
func numbers<Number>(_ numbers: [Number], _ field: String) throws(WireError) -> [Number] {
  try check(numbers.count, MessageLimits.listLength, "the length of \(field)")
  return numbers
}

/// A list of numbers from the wire that ascend.
func ascending(_ entries: [UInt32], _ field: String) throws(WireError) -> [UInt32] {
  for index in entries.indices.dropFirst() where entries[index] <= entries[index - 1] {
    throw .invalid(field, "\(entries[index]) stands behind \(entries[index - 1])")
  }
  return try numbers(entries, field)
}

func checkedName(_ text: String, _ field: String) throws(WireError) -> Name {
  do {
    return try Name(text)
  } catch { throw .invalid(field, "\(error)") }
}

func require(_ isThere: Bool, _ field: String) throws(WireError) {
  if !isThere { throw .missing(field) }
}

/// A value of an enumeration from the wire, which has the same numbers as in this program.
func known<Value: RawRepresentable>(
  _ value: some SwiftProtobuf.Enum, _ field: String
) throws(WireError) -> Value where Value.RawValue == UInt8 {
  guard let number = UInt8(exactly: value.rawValue), let known = Value(rawValue: number) else {
    throw .unknown("\(field), \(value.rawValue)")
  }
  return known
}

/// A value of an enumeration for the wire.
func wire<Value: SwiftProtobuf.Enum>(
  _ value: some RawRepresentable<UInt8>
) -> Value {
  // Every number is a value of an open enumeration.
  Value(rawValue: Int(value.rawValue)) ?? Value()
}

extension WireUuid {
  init(_ id: DataSetID) {
    self.init()
    high = id.high
    low = id.low
  }

  var value: DataSetID { DataSetID(high: high, low: low) }
}

extension WireObjectId {
  init(_ id: ObjectID) {
    self.init()
    switch id.owner {
    case .dataSet(let dataSet): owner = .dataSet(WireUuid(dataSet))
    case .job(let job): owner = .job(job.number)
    }
    kind = wire(id.kind)
    number = id.number
  }

  func value() throws(WireError) -> ObjectID {
    let owner: ObjectOwner
    switch self.owner {
    case .dataSet(let dataSet): owner = .dataSet(dataSet.value)
    case .job(let job): owner = .job(JobID(job))
    case nil: throw .missing("the owner of an object")
    }
    return ObjectID(owner: owner, kind: try known(kind, "the kind of an object"), number: number)
  }
}

extension WireRemoval {
  init(_ id: ObjectID, _ order: UInt64) {
    self.init()
    object = WireObjectId(id)
    self.order = order
  }

  /// The object.
  func value() throws(WireError) -> ObjectID {
    try require(hasObject, "what is to be removed")
    return try object.value()
  }
}

extension WireObjectDescriptor {
  init(_ descriptor: ObjectDescriptor) {
    self.init()
    id = WireObjectId(descriptor.id)
    length = descriptor.length
    checksum = descriptor.checksum
  }

  func value() throws(WireError) -> ObjectDescriptor {
    try require(hasID, "the name of an object")
    return ObjectDescriptor(id: try id.value(), length: length, checksum: checksum)
  }
}

extension [WireObjectDescriptor] {
  /// Objects from the wire.
  func values(_ field: String) throws(WireError) -> [ObjectDescriptor] {
    try list(self, field) { descriptor throws(WireError) in try descriptor.value() }
  }

  /// Objects for the wire.
  init(_ descriptors: [ObjectDescriptor], _ field: String) throws(WireError) {
    self = try list(descriptors, field) { WireObjectDescriptor($0) }
  }
}

extension WireCountingKey {
  init(_ key: CountingKey) throws(WireError) {
    self.init()
    job = key.job.number
    level = try unsigned(key.level, "the level of a key")
    phase = wire(key.phase)
    shards = try ascending(key.shards, "the shards of a key")
    levelDigest = key.levelDigest
  }

  func value() throws(WireError) -> CountingKey {
    CountingKey(
      job: JobID(job), level: try signed(level, "the level of a key"),
      phase: try known(phase, "the phase of a key"),
      shards: try ascending(shards, "the shards of a key"), levelDigest: levelDigest)
  }
}

extension WireStoreFailure {
  init(_ failure: StoreFailure) throws(WireError) {
    self.init()
    switch failure {
    case .unreachable: reason = .unreachable(Unreachable())
    case .damaged: reason = .damaged(Damaged())
    case .disk(let words): reason = .disk(try text(words, "the failure of a disk"))
    }
  }

  func value() throws(WireError) -> StoreFailure {
    switch reason {
    case .unreachable: .unreachable
    case .damaged: .damaged
    case .disk(let words): .disk(try text(words, "the failure of a disk"))
    case nil: throw .unknown("why an object could not be stored")
    }
  }
}
