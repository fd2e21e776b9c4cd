// Projections without their rows. What is left, the class bitmaps that counting has kept, is a tenth
// and less, and enough for the levels that follow: whoever has to save memory need not project anew.

extension Projection {
  /// Whether every range can be counted; else ``canCount(_:of:)`` tells.
  public var hasRows: Bool {
    switch form {
    case .dense: true
    case .sparse(let sparse): sparse.hasRows
    case .sparseWide(let sparse): sparse.hasRows
    }
  }

  /// Whether it has no rows, and counting has kept nothing in it.
  public var isEmpty: Bool {
    switch form {
    case .dense: false
    case .sparse(let sparse): !sparse.hasRows && sparse.classes.isEmpty
    case .sparseWide(let sparse): !sparse.hasRows && sparse.classes.isEmpty
    }
  }

  /// The projection without its rows; nil for one of bitmaps, of which nothing would be left.
  ///
  /// Counting that runs in the one still keeps bitmaps in the other.
  public var withoutRows: Projection? {
    switch form {
    case .dense: nil
    case .sparse(let sparse): Projection(form: .sparse(SparseProjection(withoutRowsOf: sparse)))
    case .sparseWide(let sparse):
      Projection(form: .sparseWide(SparseProjection(withoutRowsOf: sparse)))
    }
  }

  /// Whether the candidates of a range can be counted in this projection: always where it has rows,
  /// else where the bitmaps of all classes have been kept.
  ///
  /// - Complexity: linear in the words of the range.
  public func canCount(_ range: CandidateRange, of level: Level) -> Bool {
    switch form {
    case .dense: true
    case .sparse(let sparse): sparse.hasRows || sparse.hasClasses(of: range, of: level)
    case .sparseWide(let sparse): sparse.hasRows || sparse.hasClasses(of: range, of: level)
    }
  }

  private init(form: Form) { self.form = form }
}

extension SparseProjection {
  fileprivate var hasRows: Bool { rowCount == 0 || !rows.isEmpty }

  fileprivate func hasClasses(of range: CandidateRange, of level: Level) -> Bool {
    let pathLength = level.length - 1
    if pathLength == 0 { return false }
    var path = [UInt32](repeating: 0, count: pathLength + 1)
    // For each rank the last class that has it, numbered from 1.
    var classOf = [UInt32](repeating: 0, count: rankCount)
    var classNumber: UInt32 = 0
    return level.segments[range.segment].words.withUnsafeBufferPointer { words in
      path.withUnsafeMutableBufferPointer { path in
        guard let words = words.baseAddress, let path = path.baseAddress else { return true }
        var cursor = RangeCursor(range, words: words, pathLength: pathLength, path: path)
        var first: UInt32?
        while cursor.next() {
          if cursor.path[0] != first {
            first = cursor.path[0]
            classNumber += 1
            guard let known = classes[cursor.path[0]], known.itemsNeeded <= pathLength + 1 else {
              return false
            }
            for rank in known.ranks { classOf[Int(rank)] = classNumber }
          }
          for depth in 1..<max(pathLength, 1) where classOf[Int(cursor.path[depth])] != classNumber
          {
            return false
          }
          for index in cursor.nodes.lowerBound..<cursor.extensionCount
          where classOf[Int(cursor.extensions[index])] != classNumber {
            return false
          }
        }
        return true
      }
    }
  }
}
