import Blocks
import Messages
import Testing
import Working

/// Copies, deletions, verification and scrub.
@Suite struct StorageTests {
  private func object(_ number: UInt64) -> (descriptor: ObjectDescriptor, bytes: [UInt8]) {
    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 8)
    let id = ObjectID(owner: .dataSet(DataSetID(high: 1, low: 1)), kind: .block, number: number)
    return (ObjectDescriptor(id: id, bytes: bytes), bytes)
  }

  private func driver(holding count: UInt64, seed: UInt64 = 1) throws -> Driver {
    let objects = (0..<count).map { object($0) }
    return try .member(
      seed: seed, objects: objects.map(\.descriptor),
      bytes: Dictionary(uniqueKeysWithValues: objects.map { ($0.descriptor.id, $0.bytes) }))
  }

  @Test func storedIsSaidOnlyWhenItIsDurable() throws {
    var driver = try driver(holding: 0)
    let (descriptor, bytes) = object(1)
    driver.elsewhere[descriptor.id] = bytes
    for _ in 0..<3 { driver.order { .replicate(descriptor, sources: ["w2"], order: $0) } }
    #expect(driver.outcomes.count == 1)
    _ = driver.deliverOne()
    #expect(driver.words() == [] && driver.outcomes.count == 1)
    _ = driver.deliverOne()
    #expect(driver.words() == ["stored 1"])
    driver.order { .replicate(descriptor, sources: ["w2"], order: $0) }
    #expect(driver.words() == ["stored 1"] && driver.outcomes.isEmpty)
  }

  @Test func copiesAreLimitedAndFailuresTold() throws {
    var driver = try driver(holding: 0)
    for number in 0..<10 as Range<UInt64> {
      let (descriptor, bytes) = object(number)
      if number != 3 { driver.elsewhere[descriptor.id] = number == 4 ? [1] : bytes }
      driver.order { .replicate(descriptor, sources: ["w2"], order: $0) }
    }
    #expect(driver.outcomes.count == 4)
    driver.settle()
    #expect(
      driver.words().sorted()
        == ["storeFailed 3 unreachable", "storeFailed 4 damaged"]
        + [0, 1, 2, 5, 6, 7, 8, 9].map { "stored \($0)" })
    driver.storeFailure = .disk("no space")
    driver.elsewhere[object(11).descriptor.id] = object(11).bytes
    driver.order { .replicate(object(11).descriptor, sources: ["w2"], order: $0) }
    driver.settle()
    #expect(driver.words() == ["storeFailed 11 disk(\"no space\")"])
  }

  @Test func deletionInterceptsCopies() throws {
    var driver = try driver(holding: 1)
    let (descriptor, bytes) = object(7)
    driver.elsewhere[descriptor.id] = bytes
    driver.order { .replicate(descriptor, sources: ["w2"], order: $0) }
    driver.order { .delete(descriptor.id, order: $0) }
    driver.settle()
    #expect(driver.words() == ["deleted 7"] && driver.disk[descriptor.id] == nil)
    driver.order { .replicate(descriptor, sources: ["w2"], order: $0) }
    _ = driver.deliverOne()
    driver.order { .delete(descriptor.id, order: $0) }
    driver.settle()
    #expect(driver.words() == ["deleted 7"] && driver.disk[descriptor.id] == nil)
    driver.order { .delete(object(0).descriptor.id, order: $0) }
    driver.order { .delete(object(0).descriptor.id, order: $0) }
    driver.settle()
    #expect(driver.words() == ["deleted 0"] && driver.disk.isEmpty)
    driver.order { .delete(object(0).descriptor.id, order: $0) }
    #expect(driver.words() == ["deleted 0"])
  }

  @Test func anOrderThatComesAgainDoesNotReachTheNextCopy() throws {
    var driver = try driver(holding: 1)
    let (descriptor, bytes) = object(0)
    driver.elsewhere[descriptor.id] = bytes
    driver.say(.delete(descriptor.id, order: 4))
    driver.settle()
    driver.say(.delete(descriptor.id, order: 4))
    #expect(driver.words() == ["deleted 0", "deleted 0"], "its answer may have been lost")
    driver.say(.replicate(descriptor, sources: ["w2"], order: 5))
    driver.say(.delete(descriptor.id, order: 4))
    driver.settle()
    driver.say(.quarantine(descriptor.id, order: 3))
    #expect(driver.words() == ["stored 0"] && driver.disk[descriptor.id] != nil)
    driver.epoch = Epoch(2)
    driver.say(.delete(descriptor.id, order: 1))
    driver.settle()
    #expect(driver.words() == ["deleted 0"], "another coordinator counts anew")
  }

  @Test func quarantineIsKeptAsideAndNotListed() throws {
    var driver = try driver(holding: 2)
    driver.order { .quarantine(object(1).descriptor.id, order: $0) }
    #expect(driver.quarantined == [object(1).descriptor.id])
    #expect(driver.words() == ["deleted 1"])
    driver.order { .quarantine(object(1).descriptor.id, order: $0) }
    #expect(driver.quarantined.count == 1 && driver.words() == ["deleted 1"], "said again")
    driver.say(.introduceYourself)
    #expect(driver.words() == ["hello 1"])
  }

  @Test func verification() throws {
    var driver = try driver(holding: 3)
    driver.disk[object(1).descriptor.id]?.bytes[0] ^= 4
    for number in 0..<4 as Range<UInt64> { driver.say(.verify(object(number).descriptor)) }
    driver.settle()
    #expect(
      driver.words().sorted() == [
        "damaged 1 disk", "verified 0 right", "verified 1 damaged", "verified 2 right",
        "verified 3 unreachable",
      ])
    #expect(driver.quarantined == [object(1).descriptor.id])
    driver.wait(5_100)
    #expect(driver.words().contains("damaged 1 disk"))
    driver.elsewhere[object(1).descriptor.id] = object(1).bytes
    driver.order { .replicate(object(1).descriptor, sources: ["w2"], order: $0) }
    driver.settle()
    driver.sent = []
    driver.wait(20_000)
    #expect(!driver.words().contains("damaged 1 disk"))
  }

  @Test func scrubFindsDamageInTurn() throws {
    var driver = try driver(holding: 3)
    for _ in 0..<3 {
      driver.wait(10_000)
      driver.say(.heartbeatReceived(sequence: 1))
      driver.settle()
    }
    #expect(driver.loadCount >= 2 && driver.quarantined.isEmpty)
    driver.disk[object(2).descriptor.id]?.bytes[0] ^= 1
    for _ in 0..<40 {
      driver.wait(1_000)
      driver.say(.heartbeatReceived(sequence: 1))
      driver.settle()
    }
    #expect(driver.quarantined == [object(2).descriptor.id])
    #expect(driver.words().contains("damaged 2 disk"))
  }
}
