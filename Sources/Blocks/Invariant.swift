/// Stops the program when `condition` is false: only for mistakes of the program itself.
///
/// Nothing that a file, a wire or a disk can cause may end here; that is a ``BlockError``.
@inline(__always)
func invariant(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError("Internal error: \(message()) Please report it.") }
}
