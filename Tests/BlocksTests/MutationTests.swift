import Blocks
import TestSupport
import Testing

/// Seeded damage under checksums that hold: what is accepted must be a valid block all the same.
@Suite("Mutated blocks") struct MutationTests {
  static func mutate(_ forgery: inout Forgery, _ generator: inout SeededGenerator) {
    let index = Int.random(in: 0..<forgery.sections.count, using: &generator)
    let word = UInt64.random(in: 0...UInt64.max, using: &generator)
    let small = Int(word % 9) - 4
    switch Int.random(in: 0..<12, using: &generator) {
    case 0:
      forgery.transactionCount = UInt32(truncatingIfNeeded: Int(forgery.transactionCount) + small)
    case 1: forgery.sections[index].kind = UInt16(truncatingIfNeeded: word % 10)
    case 2: forgery.sections[index].flags = UInt8(word % 4)
    case 3: forgery.sections[index].codec = UInt8(word % 3)
    case 4: forgery.sections[index].rawLength = word >> (word % 64)
    case 5: forgery.sections[index].storedLength = word >> (word % 64)
    case 6: forgery.sections.swapAt(index, Int(word % UInt64(forgery.sections.count)))
    case 7:
      forgery.sections[index].raw.removeLast(min(forgery.sections[index].raw.count, Int(word % 7)))
    case 8: forgery.sections[index].raw += [UInt8](repeating: UInt8(word % 3), count: Int(word % 7))
    default:
      // Most of the time one byte, often only a little: the validation of contents is the target.
      guard !forgery.sections[index].raw.isEmpty else { return }
      let place = Int(word >> 8) % forgery.sections[index].raw.count
      forgery.sections[index].raw[place] &+= UInt8(
        truncatingIfNeeded: word % 2 == 0 ? small : Int(word % 256))
    }
  }

  @Test(arguments: 0..<4) func mutationsAreRefusedOrValid(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let originals = [
      try BlockFormatTests.example(), try BlockFormatTests.dated(),
      try makeBlock([[1], [], [1, 2]]), try makeBlock([[]]),
      try makeBlock(
        rowsOfItems: [[0, 1, 2, 3], [5], Array(stride(from: 0, to: 60, by: 3))], count: 70),
    ].map(Forgery.init)
    var accepted = 0
    var refused = 0
    for round in 0..<1500 {
      var forgery = originals[round % originals.count]
      for _ in 0...Int.random(in: 0..<3, using: &generator) { Self.mutate(&forgery, &generator) }
      let bytes = forgery.encoded()
      do throws(BlockError) {
        let block = try BlockFormat.decode(bytes)
        accepted += 1
        try expectSound(block)
      } catch {
        refused += 1
        #expect(!error.description.isEmpty)
      }
    }
    #expect(accepted > 20 && refused > 500)
  }

  private func expectSound(_ block: Block) throws(BlockError) {
    do { try expectValid(block) } catch { Issue.record("an invalid block was accepted: \(error)") }
    #expect(try BlockFormat.decode(BlockFormat.encode(block)) == block)
  }

  @Test(arguments: 0..<4) func damagedCompressedBytesAreRefusedOrWhatTheyWere(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let block = try BlockFormatTests.large()
    var forgery = Forgery(block)
    let compressed = compressedIfSmaller(forgery.sections[1].raw)
    let stored = try #require(compressed)
    forgery.sections[1].codec = 1
    for _ in 0..<60 {
      var damaged = stored
      let place = Int.random(in: 0..<stored.count, using: &generator)
      damaged[place] &+= UInt8.random(in: 1...255, using: &generator)
      if Bool.random(using: &generator) { damaged.removeLast(place / 2) }
      forgery.sections[1].stored = damaged
      switch refusal(of: forgery.encoded()) {
      case .decompression(.directory, _, _)?, .rawChecksum(.directory, _, _, _)?: break
      case .field(.storedLength, _, _, _)?: break
      case let other: Issue.record("\(other.map(\.description) ?? "accepted")")
      }
    }
  }
}
