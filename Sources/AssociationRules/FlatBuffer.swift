/// Memory of its own for plain values, reached through a pointer so that hot loops pay no checks.
///
/// `Element` holds no references, and all its bytes may be zero: that is what new elements are.
/// Users keep every index below ``capacity``; ``reserve(_:)`` makes room before the loop.
///
/// There is deliberately no stored property of type `Element`: with one, Swift 6.3 does not run
/// `deinit` in debug builds, and all the memory leaks.
struct FlatBuffer<Element>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int

  /// Room for `capacity` elements, at least one.
  init(capacity: Int) {
    self.capacity = max(capacity, 1)
    base = .allocate(capacity: self.capacity)
    Self.clear(base, count: self.capacity)
  }

  deinit { base.deallocate() }

  /// Makes room for `needed` elements and keeps those there are.
  @inline(__always)
  mutating func reserve(_ needed: Int) {
    if needed > capacity { grow(to: max(needed, capacity * 2)) }
  }

  @inline(never)
  private mutating func grow(to newCapacity: Int) {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
    larger.moveInitialize(from: base, count: capacity)
    Self.clear(larger + capacity, count: newCapacity - capacity)
    base.deallocate()
    base = larger
    capacity = newCapacity
  }

  private static func clear(_ start: UnsafeMutablePointer<Element>, count: Int) {
    UnsafeMutableRawPointer(start).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
  }
}
