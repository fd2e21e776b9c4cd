import Messages

/// Whose pieces are, and how much waits for whom.
struct Homes: Sendable {
  /// A worker with the pieces that it is to count.
  struct Home: Sendable {
    let name: Name
    /// Places of pieces, ascending.
    var pieces: [Int] = []
    /// Cells of the first round that wait, times their transactions.
    var waiting: UInt64 = 0
  }

  /// Everyone who ever had a piece, by name.
  private(set) var all: [Home] = []

  /// The place of a worker, or where it belongs.
  /// - Complexity: O(log homes).
  private func place(of name: Name) -> Int {
    var low = 0
    var high = all.count
    while low < high {
      let middle = (low + high) / 2
      if all[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A worker's pieces; nil where it never had any.
  subscript(name: Name) -> Home? {
    let place = place(of: name)
    return place < all.count && all[place].name == name ? all[place] : nil
  }

  /// Adds a piece to those of a worker.
  mutating func add(_ piece: Int, waiting: UInt64, to name: Name) {
    let place = place(of: name)
    if place == all.count || all[place].name != name { all.insert(Home(name: name), at: place) }
    all[place].pieces.insertSorted(piece)
    all[place].waiting += waiting
  }

  /// Takes a piece from a worker.
  mutating func remove(_ piece: Int, waiting: UInt64, from name: Name) {
    let place = place(of: name)
    guard place < all.count, all[place].name == name else { return }
    if all[place].pieces.removeSorted(piece) { all[place].waiting -= waiting }
  }

  /// Notes that more or less waits in a piece of a worker than did.
  mutating func change(waiting old: UInt64, to new: UInt64, of name: Name) {
    let place = place(of: name)
    guard place < all.count, all[place].name == name else { return }
    all[place].waiting += new
    all[place].waiting -= old
  }
}
