import Blocks
import Messages
import Testing
import Working

/// Hello, inventory, heartbeats, epochs, leaving.
@Suite struct JoiningTests {
  private func object(_ number: UInt64) -> (ObjectDescriptor, [UInt8]) {
    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 8)
    let id = ObjectID(owner: .dataSet(DataSetID(high: 1, low: 1)), kind: .block, number: number)
    return (ObjectDescriptor(id: id, bytes: bytes), bytes)
  }

  private let welcome = CoordinatorMessage.welcome(
    Welcome(heartbeatMilliseconds: 500, dataEndpoint: "coordinator"))

  @Test func transcript() throws {
    let objects = (0..<20_001).map { object($0).0 }
    var driver = try Driver(seed: 1, objects: objects)
    #expect(driver.words() == ["hello 20001"])
    driver.wait(2_600)
    #expect(driver.words() == ["hello 20001", "hello 20001"])
    driver.say(welcome)
    // Nothing is done for an epoch before its promise is durable.
    #expect(driver.words() == [] && driver.promised == Epoch(1))
    driver.settle()
    #expect(driver.words() == ["inventory 0/3"])
    driver.wait(1_000)
    #expect(driver.words() == ["inventory 0/3"])
    driver.say(.inventoryReceived(index: 1))
    driver.say(.inventoryReceived(index: 0))
    driver.say(.inventoryReceived(index: 0))
    #expect(driver.words() == ["inventory 1/3"])
    driver.say(.inventoryReceived(index: 1))
    driver.say(.inventoryReceived(index: 2))
    #expect(driver.words() == ["inventory 2/3"])
    for _ in 0..<4 {
      driver.wait(1_000)
      driver.say(.heartbeatReceived(sequence: 1))
    }
    let beats = driver.sent.compactMap {
      if case .heartbeat(let beat) = $0.message { beat.sequence } else { nil }
    }
    #expect(beats.count == 8 && beats == (beats[0]..<(beats[0] + 8)).map { $0 })
    #expect(driver.reconnectCount == 0)
    driver.sent = []
    driver.say(.introduceYourself)
    driver.say(.introduceYourself)
    #expect(driver.words() == ["hello 20001"] && driver.reconnectCount == 1)
    driver.say(welcome)
    #expect(driver.words() == ["inventory 0/3"])
  }

  @Test func silenceMakesItConnectAnewWithGrowingPauses() throws {
    var driver = try Driver.member(seed: 2)
    driver.wait(2_900)
    #expect(driver.reconnectCount == 0)
    driver.wait(200)
    #expect(driver.reconnectCount == 1)
    driver.wait(60_000)
    #expect((4...8).contains(driver.reconnectCount))
    let hellos = driver.words().filter { $0 == "hello 0" }.count
    #expect(hellos > 40)
  }

  @Test func aLostPartBeginsTheInventoryAnewAtLast() throws {
    let objects = (0..<10_001).map { object($0).0 }
    var driver = try Driver(seed: 3, objects: objects)
    driver.say(welcome)
    driver.settle()
    driver.say(.inventoryReceived(index: 0))
    driver.sent = []
    for _ in 0..<6 {
      driver.wait(1_000)
      driver.say(.heartbeatReceived(sequence: 1))
    }
    #expect(driver.words().contains("inventory 0/2"))
  }

  @Test func refusalsStop() throws {
    var driver = try Driver(seed: 4)
    driver.say(.refused("the name is taken: choose another"))
    #expect(driver.stopped == .some("the name is taken: choose another"))
    #expect(driver.promised == .none)
  }

  @Test func strangersAreIgnoredAndNotedOnce() throws {
    var driver = try Driver.member(seed: 5)
    driver.notes = []
    driver.cluster = ClusterID(DataSetID(high: 0, low: 1))
    driver.epoch = Epoch(9)
    for _ in 0..<3 { driver.order { .delete(object(1).0.id, order: $0) } }
    #expect(driver.words() == [] && driver.notes.count == 1 && driver.promised == Epoch(1))
    let other = CoordinatorEnvelope(
      cluster: ClusterID(DataSetID(high: 9, low: 9)), epoch: Epoch(1), incarnation: Incarnation(2),
      message: .delete(object(1).0.id, order: 1))
    driver.handle(.coordinator(other))
    #expect(driver.words() == [])
  }

  @Test func lowerEpochsAreFencedAndHigherOnesPromisedFirst() throws {
    let (descriptor, bytes) = object(1)
    var driver = try Driver.member(seed: 6)
    driver.elsewhere[descriptor.id] = bytes
    driver.epoch = Epoch(5)
    driver.order { .replicate(descriptor, sources: ["w2"], order: $0) }
    driver.order { .delete(object(2).0.id, order: $0) }
    #expect(driver.promised == Epoch(5) && driver.words() == [])
    // Two promises may be in the making; messages of the lower one are dropped.
    driver.epoch = Epoch(6)
    driver.order { .delete(object(3).0.id, order: $0) }
    driver.epoch = Epoch(4)
    driver.order { .delete(object(4).0.id, order: $0) }
    #expect(driver.words() == [])
    driver.settle()
    #expect(driver.words() == ["deleted 3"])
    driver.order { .delete(object(5).0.id, order: $0) }
    #expect(driver.sent.last?.epoch == Epoch(6))
    #expect(driver.words() == ["fenced 6"])
    driver.handle(.diskFailed(WorkerToken(0), "no space for the promise"))
    #expect(driver.stopped == .some("no space for the promise"))
  }

  @Test func leavingFinishesWhatRunsAndGivesBackTheRest() throws {
    let fixture = try Fixture(seed: 12)
    var driver = try Driver.member(seed: 7, objects: fixture.objects, bytes: fixture.bytes)
    driver.say(.openJob(fixture.opening()))
    driver.say(.openLevel(fixture.whole(1)))
    driver.settle()
    driver.say(.count(fixture.lease(3, 1, [0])))
    driver.say(.count(fixture.lease(4, 1, [1])))
    while driver.runningCount == 0 { _ = driver.deliverOne() }
    driver.handle(.stopRequested)
    #expect(driver.words() == ["leaving [3, 4]"])
    driver.say(.count(fixture.lease(5, 1, [2])))
    #expect(driver.words() == ["leaving [3, 4, 5]"])
    driver.say(.released)
    #expect(driver.stopped == nil)
    driver.settle()
    #expect(driver.answers(3).count == 1)
    #expect(driver.stopped == .some(nil))
  }

  @Test func leavingEndsWithoutACoordinator() throws {
    var driver = try Driver.member(seed: 8)
    driver.handle(.stopRequested)
    driver.wait(7_900)
    #expect(driver.stopped == nil)
    #expect(driver.words().filter { $0 == "leaving []" }.count == 8)
    driver.wait(200)
    #expect(driver.stopped == .some(nil))
  }
}
