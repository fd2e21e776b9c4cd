extension Array where Element: BitwiseCopyable {
  /// Room for `count` elements whose values mean nothing until they are written.
  ///
  /// Filling it with zeros first would touch every page: a fifth of the page faults of mining a small
  /// file.
  init(unwritten count: Int) {
    self.init(unsafeUninitializedCapacity: count) { $1 = count }
  }
}
