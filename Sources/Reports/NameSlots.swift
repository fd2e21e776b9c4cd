import Itemsets

/// Every name followed by a blank, in 16-byte steps, so that copying one needs no loop for its end.
final class NameSlots: @unchecked Sendable {
  /// Where the slot of each rank begins in `bytes`, and its length with the blank.
  private let slots: UnsafeMutablePointer<(offset: Int, length: Int)>
  private let bytes: UnsafeMutableRawPointer
  let count: Int
  /// The length of a line that holds every item once.
  let longestLine: Int

  init(_ items: RankedItems) {
    count = items.count
    longestLine = items.names.count + items.count + CountText.longest
    slots = .allocate(capacity: count + 1)
    bytes = .allocate(byteCount: items.names.count + 16 * (items.count + 1), alignment: 16)
    var offset = 0
    for rank in 0..<count {
      let name = items.names[items.nameRange(rank)]
      (slots + rank).initialize(to: (offset, name.count + 1))
      (bytes + offset).copyMemory(from: Array(name), byteCount: name.count)
      (bytes + offset + name.count).storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
      offset += (name.count + 16) / 16 * 16
    }
  }

  deinit {
    slots.deallocate()
    bytes.deallocate()
  }

  /// Bytes of the name of `rank` with its blank.
  @inline(__always)
  func length(_ rank: UInt32) -> Int { slots[Int(rank)].length }

  /// Copies the name of `rank` to `target` and returns its end; up to 15 bytes behind are spoilt.
  @inline(__always)
  func copy(_ rank: UInt32, to target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    let slot = slots[Int(rank)]
    let name = UnsafeRawPointer(bytes + slot.offset)
    copy16(name, to: target)
    var copied = 16
    while copied < slot.length {
      copy16(name + copied, to: target + copied)
      copied += 16
    }
    return target + slot.length
  }
}

@inline(__always)
func copy16(_ source: UnsafeRawPointer, to target: UnsafeMutablePointer<UInt8>) {
  UnsafeMutableRawPointer(target).storeBytes(
    of: source.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
}
