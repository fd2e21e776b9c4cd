import TestSupport
import Testing

@testable import Itemsets

extension ItemDictionary {
  mutating func id(_ name: String) throws(DictionaryError) -> UInt32 {
    try id(of: Array(name.utf8).span)
  }

  func find(_ name: String) -> UInt32? { find(Array(name.utf8).span) }

  init(_ names: [String]) throws(DictionaryError) {
    self.init()
    for name in names { _ = try id(name) }
  }

  /// All names in ascending item order.
  var ascendingNames: [String] {
    ascending((0..<count).map { UInt32($0) }).map { name(Int($0)) }
  }
}

@Suite struct ItemDictionaryTests {
  @Test func idsFollowFirstSight() throws {
    var dictionary = ItemDictionary()
    let names = ["milk", "bread", "7", "007", "milk", "", "7", " milk", "Milk", "bread"]
    let ids = try names.map { try dictionary.id($0) }
    #expect(ids == [0, 1, 2, 3, 0, 4, 2, 5, 6, 1])
    #expect(dictionary.count == 7)
    #expect(
      (0..<7).map { dictionary.name($0) } == ["milk", "bread", "7", "007", "", " milk", "Milk"])
    #expect(dictionary.find("007") == 3)
    #expect(dictionary.find("") == 4)
    #expect(dictionary.find("cheese") == nil)
    #expect(ItemDictionary().find("milk") == nil)
  }

  @Test func agreesWithSwiftsDictionaryOnRandomNames() throws {
    var generator = SeededGenerator(seed: 7)
    var dictionary = ItemDictionary()
    var oracle: [String: UInt32] = [:]
    for _ in 0..<30_000 {
      let number = Int.random(in: 0..<10_000, using: &generator)
      let name: String
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: name = String(number)
      case 1: name = "0" + String(number)
      case 2: name = String(repeating: "x", count: number % 40) + String(number)
      case 3: name = String(number * 1_000_003)
      default: name = "-" + String(number)
      }
      let expected = oracle[name] ?? UInt32(oracle.count)
      oracle[name] = expected
      #expect(try dictionary.id(name) == expected)
    }
    #expect(dictionary.count == oracle.count)
    for (name, id) in oracle {
      #expect(dictionary.find(name) == id)
      #expect(dictionary.name(Int(id)) == name)
    }
  }

  @Test func theDirectTableHoldsOnlyWhatTheDictionaryHolds() throws {
    var dictionary = ItemDictionary()
    for value in stride(from: 0, to: 9_000_000, by: 61_007) {
      let id = try dictionary.id(String(value))
      #expect(dictionary.name(Int(id)) == String(value))
    }
    for (value, id) in dictionary.integerIds.enumerated() where id != ItemDictionary.unknown {
      #expect(dictionary.name(Int(id)) == String(value))
    }
    // Far numbers of a small dictionary must not cost megabytes.
    var sparse = ItemDictionary()
    _ = try sparse.id("8388607")
    #expect(sparse.integerIds.count < 100_000)
  }

  /// A number too large for the direct table when it came keeps its id when the table has grown.
  @Test func numbersOutgrowTheHashes() throws {
    var dictionary = ItemDictionary()
    let far = try dictionary.id("500000")
    #expect(far == 0 && dictionary.integerIds.count < 500_000)
    for value in 0..<40_000 {
      let id = try dictionary.id("\(value)")
      #expect(id == value + 1)
    }
    let next = try dictionary.id("500001")
    #expect(next == 40_001 && dictionary.integerIds.count > 500_000)
    #expect(dictionary.find("500000") == 0 && dictionary.find("500001") == 40_001)
    let again = try dictionary.id("500000")
    #expect(again == 0 && dictionary.integerIds[500_000] == 0)
    #expect(dictionary.find("39999") == 40_000 && dictionary.find("039999") == nil)
    dictionary.removeAll()
    #expect(dictionary.find("500000") == nil && dictionary.find("7") == nil)
  }

  @Test func removeAllForgetsEverything() throws {
    var dictionary = try ItemDictionary(["1", "milk", "2"])
    dictionary.removeAll()
    #expect(dictionary.count == 0)
    #expect(dictionary.allIntegers)
    #expect(dictionary.find("milk") == nil)
    #expect(try dictionary.id("2") == 0)
    #expect(try dictionary.id("1") == 1)
  }

  @Test func refusesMoreThanItsLimit() throws {
    var dictionary = ItemDictionary(limit: 2)
    #expect(try dictionary.id("a") == 0)
    #expect(try dictionary.id("b") == 1)
    #expect(throws: DictionaryError.tooManyItems(limit: 2)) { try dictionary.id("c") }
    #expect(try dictionary.id("a") == 0)
    #expect(dictionary.find("c") == nil)
    #expect(dictionary.count == 2)
  }

  @Test(
    arguments: [
      (["1", "-5", "007", "123456789012345678"], true),
      (["1", "1234567890123456789"], true), (["-" + String(repeating: "9", count: 60)], true),
      (["1", "-"], false), (["1", ""], false), (["1", "--2"], false),
      (["1", "+2"], false), (["1", "2.0"], false), (["1", " 2"], false), ([], true),
    ] as [([String], Bool)])
  func knowsWhetherAllItemsAreIntegers(_ names: [String], _ expected: Bool) throws {
    #expect(try ItemDictionary(names).allIntegers == expected)
  }

  @Test func integersAscendByValueThenBytes() throws {
    let dictionary = try ItemDictionary(["10", "9", "7", "007", "-3", "07", "-20", "0"])
    #expect(dictionary.ascendingNames == ["-20", "-3", "0", "007", "07", "7", "9", "10"])
  }

  @Test func integersOfAnyLengthAscendByValueThenBytes() throws {
    let nines = String(repeating: "9", count: 18)
    let ascending = [
      "-1" + nines + "0", "-2000000000000000000", "-1000000000000000001", "-1000000000000000000",
      "-" + nines, "-1", "-0", "0", "00", "1", nines, "0001000000000000000000",
      "1000000000000000000", "1000000000000000001", "9000000000000000000", "18446744073709551616",
      "1" + nines + "99",
    ]
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<20 {
      let dictionary = try ItemDictionary(ascending.shuffled(using: &generator))
      #expect(dictionary.allIntegers)
      #expect(dictionary.ascendingNames == ascending)
    }
  }

  @Test func otherNamesAscendByBytes() throws {
    let names = ["10", "9", "a", "", "ab", "é", "B", "aaaaaaaab", "aaaaaaaa", "aaaaaaaaa"]
    let dictionary = try ItemDictionary(names)
    #expect(
      dictionary.ascendingNames
        == ["", "10", "9", "B", "a", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaab", "ab", "é"])
    #expect(
      dictionary.ascendingNames == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test func precedesAgreesWithTheOrder() throws {
    for names in [
      ["10", "9", "7", "007", "-3", "-0", "0", "00", "1000000000000000000", "2000000000000000000"],
      ["-30000000000000000000", "-4000000000000000000", "-04000000000000000000", "-5"],
      ["10", "9", "x", "xy", "é"],
    ] {
      let dictionary = try ItemDictionary(names)
      let order = dictionary.ascending((0..<UInt32(names.count)).map { $0 })
      for (place, first) in order.enumerated() {
        for (otherPlace, second) in order.enumerated() {
          #expect(dictionary.precedes(first, second) == (place < otherPlace))
        }
      }
    }
  }
}

@Suite struct RankedItemsFromDictionaryTests {
  @Test func ranksAscendByCountThenItem() throws {
    let dictionary = try ItemDictionary(["30", "4", "100", "5", "2"])
    let ranked = RankedItems(
      dictionary: dictionary, counts: [3, 9, 3, 2, 3], minimumCount: 3)
    #expect((0..<ranked.count).map { ranked.name($0) } == ["2", "30", "100", "4"])
    #expect(ranked.ids == [4, 0, 2, 1])
    #expect(ranked.counts == [3, 3, 3, 9])
    #expect(ranked.places == [0, 2, 3, 1])
  }

  @Test func itemsInNoTransactionAreNeverKept() throws {
    let dictionary = try ItemDictionary(["a", "b", "c"])
    let ranked = RankedItems(dictionary: dictionary, counts: [0, 1], minimumCount: 0)
    #expect(ranked.ids == [1])
    #expect(ranked.places == [0])
    #expect(RankedItems(dictionary: dictionary, counts: [], minimumCount: 0).count == 0)
  }

  @Test func theOrderOfFirstSightDoesNotShow() throws {
    var generator = SeededGenerator(seed: 3)
    let names = (0..<500).map { "item \($0 % 100)-\($0)" }
    func ranked(_ names: [String]) throws -> ([String], [UInt32]) {
      let dictionary = try ItemDictionary(names)
      let counts = (0..<names.count).map { UInt64(dictionary.name($0).utf8.count) }
      let ranked = RankedItems(dictionary: dictionary, counts: counts, minimumCount: 9)
      return ((0..<ranked.count).map { ranked.name($0) }, ranked.places)
    }
    let first = try ranked(names)
    let second = try ranked(names.shuffled(using: &generator))
    #expect(first.0 == second.0)
    #expect(first.1 == second.1)
    #expect(first.0.count > 300)
  }
}
