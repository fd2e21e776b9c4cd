public import Messages
import Synchronization

/// What a node serves at its data endpoint: published bytes from memory, the rest from its store.
public final class PublishedObjects: Sendable {
  private let published = Mutex<[ObjectID: [UInt8]]>([:])
  private let store: (any ObjectStore)?

  /// Serves what is published, then what `store` holds.
  public init(store: (any ObjectStore)?) {
    self.store = store
  }

  func publish(_ id: ObjectID, _ bytes: [UInt8]) {
    published.withLock { $0[id] = bytes }
  }

  func withdraw(_ id: ObjectID) {
    published.withLock { _ = $0.removeValue(forKey: id) }
  }

  /// A part of an object.
  ///
  /// - Returns: at most `length` bytes from `offset` on, and the length of the object; nil where
  ///   there is no such object, or its disk fails.
  public func read(_ id: ObjectID, offset: UInt64, length: Int) -> (bytes: [UInt8], total: UInt64)?
  {
    if let bytes = published.withLock({ $0[id] }) {
      let start = min(Int(clamping: offset), bytes.count)
      let end = min(start + max(length, 0), bytes.count)
      return (Array(bytes[start..<end]), UInt64(bytes.count))
    }
    do throws(StorageFailure) {
      return try store?.read(id, offset: offset, length: length)
    } catch {
      // Who asked tries another source; the scrub of this node will find what is wrong.
      return nil
    }
  }
}
