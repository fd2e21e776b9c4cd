import CBitmapKernels
import Itemsets
import TestSupport
import Testing

@testable import TransactionReaders

/// Lines of small integers are read the same by every instruction set, and as an item's exact bytes.
@Suite(.serialized) struct IntegerLinesTests {
  private struct Read: Equatable {
    var position = 0
    var items: [String] = []
    var ends: [Int] = []
  }

  private static let lineLimit = 300

  private static func isRead(_ item: Substring) -> Bool {
    item.utf8.count <= 7 && Int(item).map(String.init) == String(item) && !item.hasPrefix("-")
  }

  /// What is to be read, by the letter.
  private static func expected(_ text: String, separator: Character) -> Read {
    var read = Read()
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    {
      let whole = String(decoding: line, as: UTF8.self)
      let content =
        line.last == UInt8(ascii: "\r") ? String(whole.unicodeScalars.dropLast()) : whole
      let items = content.split { $0 == separator }
      if items.isEmpty || !items.allSatisfy(isRead) || line.count + 1 > lineLimit { break }
      read.items += items.map(String.init)
      read.ends.append(read.items.count)
      read.position += line.count + 1
    }
    return read
  }

  private static func read(
    _ text: String, separator: Character, room: Int = 4096, newRoom: Int = 20,
    dictionary: ItemDictionary = ItemDictionary()
  ) -> Read {
    var dictionary = dictionary
    let bytes = Array(text.utf8)
    let byte = separator.asciiValue ?? 0
    var items = [UInt32](repeating: 0, count: room)
    var ends = [Int](repeating: 0, count: room)
    var new = NewIntegers(room: newRoom)
    let scan = scanIntegerLines(
      bytes + [UInt8](repeating: UInt8(ascii: "7"), count: 8), 0..<bytes.count,
      separators: (byte, byte), lineLimit: lineLimit, dictionary: &dictionary, items: &items,
      ends: &ends, new: &new)
    let names = items[..<scan.items].map { dictionary.name(Int($0)) }
    // Ids are in order of first sight.
    var seen: Set<UInt32> = []
    let firsts = items[..<scan.items].filter { seen.insert($0).inserted }
    #expect(firsts == firsts.indices.map { UInt32($0) })
    return Read(position: scan.position, items: names, ends: Array(ends[..<scan.lines]))
  }

  /// Calls `body` for all kernels that can run here.
  private func withEachKernel(_ body: (String) -> Void) {
    let usual = String(cString: lode_kernel_name())
    for name in ["scalar", "avx2", "avx512", "neon"] where lode_kernel_choose(name) == 1 {
      body(name)
    }
    _ = lode_kernel_choose(usual)
  }

  private func line(
    _ separator: String, odd: Double, _ generator: inout SeededGenerator
  ) -> String {
    let oddities = [
      "007", "0", "00", "1499", "1500", "9999999", "10000000", "123456789012", "13", "x", "-1", "",
      "\r", "1\r2", "+5", "é", String(repeating: "1", count: 70),
    ]
    var line = ""
    for _ in 0..<Int.random(in: 1...40, using: &generator) {
      let isOdd = Double.random(in: 0..<1, using: &generator) < odd
      line +=
        isOdd
        ? oddities.randomElement(using: &generator) ?? ""
        : String(
          97 * Int.random(in: 0...14, using: &generator) + Int.random(in: 0...9, using: &generator))
      line += String(repeating: separator, count: Int.random(in: 0...9, using: &generator) / 8 + 1)
    }
    if Bool.random(using: &generator) { line.removeLast() }
    return line + (Bool.random(using: &generator) ? "\n" : "\r\n")
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func readsWhatIsWritten(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for separator in [" ", ","] as [Character] {
      let odd = seed % 4 == 0 ? 0.0 : 0.002
      let text = (0..<60).map { _ in line(String(separator), odd: odd, &generator) }.joined()
      let expected = Self.expected(text, separator: separator)
      withEachKernel { kernel in
        #expect(Self.read(text, separator: separator) == expected, "\(kernel)")
      }
    }
  }

  /// An oddity at every place of a block of 64 bytes stops the reading before its line.
  @Test(arguments: ["x", "07", "12345678", "\r", "00", "123456789012"])
  func stopsBeforeTheLine(_ oddity: String) {
    for offset in 0..<140 {
      let start = String(repeating: "1 2 30\n", count: 20)
      let text =
        start + String(repeating: "4 ", count: offset % 70) + (offset < 70 ? " " : "") + oddity
        + " 5\n" + start
      let expected = Self.expected(text, separator: " ")
      #expect(expected.position == start.utf8.count)
      withEachKernel { kernel in
        #expect(Self.read(text, separator: " ") == expected, "\(kernel) at \(offset)")
      }
    }
  }

  /// Text ends before the first byte that is no character, wherever it stands.
  @Test(arguments: [0x00, 0x80, 0xFF, 0x7F, 0x01] as [UInt8])
  func findsWhatIsNoText(_ odd: UInt8) {
    let isText = odd == 0x7F || odd == 0x01
    for place in 3..<700 {
      var bytes = [UInt8](repeating: UInt8(ascii: "7"), count: 703)
      bytes[place] = odd
      bytes[2] = 0  // before the range, and so without meaning
      withEachKernel { kernel in
        let text = validText(bytes, 3..<700)
        #expect(text.end == (isText ? 700 : place), "\(kernel) at \(place)")
        #expect(text.then == (isText ? .complete : odd == 0 ? .nul : .invalid), "\(kernel)")
      }
    }
  }

  /// With little room the lines that fit are read, whichever kernel reads them.
  @Test func keepsToItsRoom() {
    let text = String(repeating: "1 2 3\n4 5\n", count: 30)
    withEachKernel { kernel in
      for room in 3..<80 {
        let read = Self.read(text, separator: " ", room: room)
        #expect(read.items.count <= room && read.items.count > room - 3, "\(kernel) with \(room)")
        #expect(read == Self.expected(prefix(text, read.position), separator: " "), "\(kernel)")
      }
    }
  }

  /// Integers not seen before do not stop the reading, however many they are.
  @Test(arguments: [0, 15, 16, 17, 1024])
  func givesIdsToNewIntegers(newRoom: Int) {
    let text = (0..<300).map { "\($0 * 7919 % 9_999_999) \($0) 3\n" }.joined()
    let expected = Self.expected(text, separator: " ")
    #expect(expected.ends.count == 300)
    withEachKernel { kernel in
      #expect(Self.read(text, separator: " ", newRoom: newRoom) == expected, "\(kernel)")
    }
  }

  /// The line with the first item that the dictionary has no room for is left to the general path.
  @Test(arguments: [1, 29, 30, 31, 100]) func stopsWhereTheDictionaryIsFull(limit: Int) {
    let text = (0..<200).map { "\($0) \($0 / 2)\n" }.joined()
    withEachKernel { kernel in
      let read = Self.read(text, separator: " ", dictionary: ItemDictionary(limit: limit))
      #expect(read.ends.count == limit, "\(kernel)")
      #expect(read == Self.expected(prefix(text, read.position), separator: " "), "\(kernel)")
    }
  }

  private func prefix(_ text: String, _ count: Int) -> String {
    String(decoding: Array(text.utf8.prefix(count)), as: UTF8.self)
  }
}
