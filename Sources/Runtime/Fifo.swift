/// A queue from which what was added first is taken first, and let go at once when it is taken.
struct Fifo<Element> {
  private var arriving: [Element] = []
  /// The next one last.
  private var leaving: [Element] = []

  var count: Int { arriving.count + leaving.count }

  mutating func append(_ element: Element) { arriving.append(element) }

  /// - Complexity: O(1), spread over all calls.
  mutating func popFirst() -> Element? {
    if leaving.isEmpty {
      leaving = arriving.reversed()
      arriving = []
    }
    return leaving.popLast()
  }

  mutating func removeAll() {
    arriving = []
    leaving = []
  }
}
