/// Stops the program when `condition` is false: only for mistakes of the program itself.
///
/// Nothing that a message, a record or a disk can cause may end here.
@inline(__always)
func invariant(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError("Internal error: \(message()) Please report it.") }
}
