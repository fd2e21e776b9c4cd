import DemonstrationData

/// Everything a generator writes, taken in chunks of about `chunk` bytes.
func text(of generator: some BasketGenerator, chunk: Int = 1 << 16) -> [UInt8] {
  var generator = generator
  var bytes: [UInt8] = []
  var all: [UInt8] = []
  while generator.next(into: &bytes, upTo: chunk) { all += bytes }
  return all
}

/// The lines of a text whose every line ends with a newline.
func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
  text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
}

/// The items of a line.
func items(_ line: ArraySlice<UInt8>, separator: Character) -> [String] {
  String(decoding: line, as: UTF8.self).split(
    separator: separator, omittingEmptySubsequences: false
  ).map(String.init)
}
