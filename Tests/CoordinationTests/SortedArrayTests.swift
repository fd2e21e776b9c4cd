import Testing

@testable import Coordination

@Suite struct SortedArrayTests {
  @Test func keepsAscendingOrderWithoutRepeats() {
    var numbers: [Int] = []
    for number in [5, 1, 9, 5, 3, 1] { numbers.insertSorted(number) }
    #expect(numbers == [1, 3, 5, 9])
    #expect(numbers.containsSorted(3) && !numbers.containsSorted(4))
    #expect(numbers.removeSorted(5) && !numbers.removeSorted(5))
    #expect(numbers == [1, 3, 9])
    #expect(numbers.lowerBound(of: 10) == 3 && numbers.lowerBound(of: 0) == 0)
  }
}
