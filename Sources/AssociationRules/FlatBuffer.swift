/// Memory of its own for plain values, reached through a pointer so that hot loops pay no checks.
///
/// Users keep every index below ``capacity``; ``reserve(_:)`` makes room before the loop.
struct FlatBuffer<Element>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int
  private let filler: Element

  /// `capacity` elements, at least one, all equal to `filler`.
  init(capacity: Int, filler: Element) {
    self.capacity = max(capacity, 1)
    self.filler = filler
    base = .allocate(capacity: self.capacity)
    base.initialize(repeating: filler, count: self.capacity)
  }

  deinit {
    base.deinitialize(count: capacity)
    base.deallocate()
  }

  /// Makes room for `needed` elements and keeps those there are; the new ones equal the filler.
  @inline(__always)
  mutating func reserve(_ needed: Int) {
    if needed > capacity { grow(to: max(needed, capacity * 2)) }
  }

  @inline(never)
  private mutating func grow(to newCapacity: Int) {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
    larger.moveInitialize(from: base, count: capacity)
    (larger + capacity).initialize(repeating: filler, count: newCapacity - capacity)
    base.deallocate()
    base = larger
    capacity = newCapacity
  }
}
