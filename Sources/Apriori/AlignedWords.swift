/// Zeroed 64-bit words that begin on a cache line, freed with their last reference.
///
/// Bitmaps live here because kernels read them by whole cache lines. Written while a projection is
/// built by one thread, then only read.
final class AlignedWords: @unchecked Sendable {
  let base: UnsafeMutablePointer<UInt64>
  let count: Int

  init(count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<UInt64>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    base = raw.initializeMemory(as: UInt64.self, repeating: 0, count: max(count, 1))
  }

  deinit {
    UnsafeMutableRawPointer(base).deallocate()
  }
}

/// Memory that a counting thread uses again and again; it grows and is never zeroed by itself.
struct ScratchBuffer<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private var capacity = 16

  init() {
    base = Self.allocate(capacity)
  }

  /// Room for `count` elements; what was there is lost when it grows.
  mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
    if count > capacity {
      UnsafeMutableRawPointer(base).deallocate()
      capacity = max(count, capacity * 2)
      base = Self.allocate(capacity)
    }
    return base
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Element>.stride, alignment: 64
    ).bindMemory(to: Element.self, capacity: count)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
