extension Array where Element: Comparable {
  /// The first index whose element is not less than `element`; the array is ascending.
  func lowerBound(of element: Element) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether the ascending array has the element.
  func containsSorted(_ element: Element) -> Bool {
    let index = lowerBound(of: element)
    return index < count && self[index] == element
  }

  /// Adds the element to the ascending array unless it is there; whether it was added.
  @discardableResult
  mutating func insertSorted(_ element: Element) -> Bool {
    let index = lowerBound(of: element)
    if index < count, self[index] == element { return false }
    insert(element, at: index)
    return true
  }

  /// Removes the element from the ascending array; whether it was there.
  @discardableResult
  mutating func removeSorted(_ element: Element) -> Bool {
    let index = lowerBound(of: element)
    guard index < count, self[index] == element else { return false }
    remove(at: index)
    return true
  }
}
