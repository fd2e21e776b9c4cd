import Runtime
import Synchronization

/// Notes about what others do, which they must not be able to flood the operator with.
final class LimitedNotes: Sendable {
  /// What is told apart; of each kind one line in a while is said.
  enum Kind: Hashable {
    case connection
    case refusedMessage
    case otherVersion
    case notSent
    case notTaken
  }

  private struct Said {
    var nextAt: UInt64 = 0
    var leftOut = 0
  }

  /// Milliseconds between two lines of a kind.
  private static let interval: UInt64 = 30_000

  private let said = Mutex<[Kind: Said]>([:])
  private let note: @Sendable (String) -> Void

  init(_ note: @escaping @Sendable (String) -> Void) { self.note = note }

  /// Says the line unless one of its kind was said a short while ago; tells how many were left out.
  func say(_ kind: Kind, _ line: @autoclosure () -> String) {
    let now = monotonicMilliseconds()
    let leftOut = said.withLock { said -> Int? in
      var last = said[kind, default: Said()]
      defer { said[kind] = last }
      if now < last.nextAt {
        last.leftOut += 1
        return nil
      }
      let leftOut = last.leftOut
      last = Said(nextAt: now + Self.interval)
      return leftOut
    }
    guard let leftOut else { return }
    note(leftOut == 0 ? line() : "\(line()) (and \(leftOut) like it since the last such line)")
  }
}
