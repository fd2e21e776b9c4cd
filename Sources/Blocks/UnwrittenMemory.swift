internal import Glibc

extension Array where Element: BitwiseCopyable {
  /// Room for `count` elements that mean nothing until they are written; filling it with zeros first
  /// would touch every page.
  init(unwritten count: Int) {
    unsafe self.init(unsafeUninitializedCapacity: count) { $1 = count }
  }
}

/// `MADV_POPULATE_WRITE` of Linux 5.14, which older headers do not name.
private let populateForWriting: Int32 = 23

/// Asks the system for memory of which every byte will be written.
///
/// All pages in one call take half the time of one page fault each, which with blocks of 65,536
/// transactions was an eighth of all time of reading. Memory that is there already is asked for in vain,
/// which takes next to nothing, and a system that cannot do it (Linux before 5.14) does it on the first
/// write, as ever.
package func makePages(of memory: UnsafeMutableRawBufferPointer) {
  let pageSize = Int(getpagesize())
  guard memory.count >= 4 * pageSize, let base = memory.baseAddress else { return }
  // Only pages that belong to the memory as a whole.
  let start = (-Int(bitPattern: base)) & (pageSize - 1)
  let length = (memory.count - start) & ~(pageSize - 1)
  _ = unsafe madvise(base + start, length, populateForWriting)
}
