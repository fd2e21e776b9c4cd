/// What is going to happen, by virtual time; at the same time in the order it was put in.
///
/// A binary heap over small keys; the occurrences themselves stay in place.
struct EventQueue<Occurrence> {
  private struct Key {
    var time: UInt64
    var sequence: UInt64
    var slot: Int

    @inline(__always)
    func precedes(_ other: Key) -> Bool {
      time != other.time ? time < other.time : sequence < other.sequence
    }
  }

  private var keys: [Key] = []
  private var slots: [Occurrence?] = []
  private var freeSlots: [Int] = []
  private var lastSequence: UInt64 = 0

  /// How many occurrences wait.
  var count: Int { keys.count }

  /// Adds an occurrence at a time in microseconds.
  mutating func add(_ occurrence: Occurrence, at time: UInt64) {
    lastSequence += 1
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      slots[free] = occurrence
    } else {
      slot = slots.count
      slots.append(occurrence)
    }
    keys.append(Key(time: time, sequence: lastSequence, slot: slot))
    var child = keys.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard keys[child].precedes(keys[parent]) else { break }
      keys.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the next occurrence; nil where nothing waits.
  mutating func next() -> (time: UInt64, occurrence: Occurrence)? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      sink()
    }
    guard let occurrence = slots[first.slot] else { return nil }
    slots[first.slot] = nil
    freeSlots.append(first.slot)
    return (first.time, occurrence)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < keys.count, keys[left].precedes(keys[least]) { least = left }
      if left + 1 < keys.count, keys[left + 1].precedes(keys[least]) { least = left + 1 }
      if least == parent { return }
      keys.swapAt(parent, least)
      parent = least
    }
  }
}
