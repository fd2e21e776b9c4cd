import Messages

/// How contents leave the coordinator.
struct ContentPolicy: Sendable {
  let job: JobID
  let passesValues: Bool
  let inlineLimit: Int

  init(job: JobID, configuration: CoordinatorConfiguration) {
    self.job = job
    passesValues = configuration.passesValues
    inlineLimit = configuration.inlineLimit
  }
}

/// Something made ready in the pool to be sent to any number of workers.
struct Parcel<Value: Sendable>: Sendable {
  /// What the message carries.
  let content: Content<Value>
  /// What has to be served for it at the data endpoint.
  let published: [UInt8]?
  /// Its length where it is encoded, else 0.
  let byteCount: UInt64

  /// Encodes a value unless it can be passed as it is.
  ///
  /// - Parameter number: of the object under which it is served if it is too long for a message.
  init(_ value: Value, number: UInt64, policy: ContentPolicy, encode: (Value) -> [UInt8]) {
    if policy.passesValues {
      content = .value(value)
      published = nil
      byteCount = 0
      return
    }
    let bytes = encode(value)
    byteCount = UInt64(bytes.count)
    if bytes.count <= policy.inlineLimit {
      content = .bytes(bytes)
      published = nil
    } else {
      content = .published(
        ObjectDescriptor(
          id: ObjectID(owner: .job(policy.job), kind: .opening, number: number), bytes: bytes))
      published = bytes
    }
  }

  /// What to serve, and what it is called.
  var publication: (descriptor: ObjectDescriptor, bytes: [UInt8])? {
    guard case .published(let descriptor) = content, let published else { return nil }
    return (descriptor, published)
  }
}

extension Content {
  /// The bytes in the message.
  var byteCount: UInt64 {
    if case .bytes(let bytes) = self { return UInt64(bytes.count) }
    return 0
  }
}
