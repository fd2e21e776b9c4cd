import Messages
import Testing

@testable import Coordination

@Suite struct PlacementTests {
  static func members(_ count: Int, racks: Int = 0) throws -> [Member] {
    try (0..<count).map { index in
      var member = Member(
        NodeRecord(
          name: try Name("w\(index)"), incarnation: Incarnation(1),
          rack: racks == 0 ? "" : "r\(index % racks)", isDraining: false), lastHeard: 0)
      member.freeBytes = 1 << 40
      return member
    }
  }

  /// Places groups of one size; which workers each was given.
  static func place(_ count: Int, replication: Int, on members: [Member]) -> [[Name]] {
    var placement = Placement()
    return (0..<count).map { _ in
      let targets = placement.choose(
        replication, size: 100, kept: [], candidates: members)
      placement.add(targets, size: 100)
      return targets
    }
  }

  @Test(arguments: [2, 3]) func replicasAreBalancedAndSpread(replication: Int) throws {
    let members = try Self.members(10)
    let groups = Self.place(100, replication: replication, on: members)
    var loads: [Name: Int] = [:]
    var partners: [Name: [Name: Int]] = [:]
    for targets in groups {
      #expect(Set(targets).count == replication)
      for name in targets {
        loads[name, default: 0] += 1
        for other in targets where other != name {
          partners[name, default: [:]][other, default: 0] += 1
        }
      }
    }
    let counts = members.map { loads[$0.name] ?? 0 }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    for member in members {
      let shared = partners[member.name] ?? [:]
      #expect(shared.count == 9, "\(member.name) shares with \(shared)")
      // Each of a worker's 10 R groups has R - 1 others, on 9 workers.
      let mean = Double(10 * replication * (replication - 1)) / 9
      #expect(Double(shared.values.max() ?? 0) <= mean + 3)
    }
  }

  @Test func racksAreRespectedWhereLabelsAllow() throws {
    let members = try Self.members(6, racks: 2)
    for targets in Self.place(60, replication: 2, on: members) {
      let racks = targets.map { name in members.first { $0.name == name }?.rack }
      #expect(Set(racks).count == 2)
    }
    for targets in Self.place(10, replication: 3, on: members) {
      #expect(Set(targets).count == 3, "three copies on two racks are better than two copies")
    }
  }

  @Test func theLeastLoadedComesFirst() throws {
    let members = try Self.members(3)
    var placement = Placement()
    placement.add([members[0].name], size: 500)
    placement.add([members[2].name], size: 900)
    #expect(
      placement.choose(2, size: 10, kept: [], candidates: members)
        == [members[1].name, members[0].name])
    #expect(
      placement.choose(5, size: 10, kept: [members[1]], candidates: [members[0], members[2]])
        == [members[0].name, members[2].name])
  }
}
