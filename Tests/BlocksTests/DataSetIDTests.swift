import Blocks
import Testing

@Suite struct DataSetIDTests {
  @Test func theTextOfAnIDIsReadBack() {
    for id in [DataSetID.none, DataSetID(high: 0x123e_4567_e89b_12d3, low: .max)] {
      #expect(DataSetID(text: Substring(id.description)) == id)
    }
    #expect(
      DataSetID(text: "123e4567-e89b-12d3-a456-426614174000")
        == DataSetID(high: 0x123e_4567_e89b_12d3, low: 0xa456_4266_1417_4000))
  }

  @Test(arguments: [
    "", "123e4567", "123e4567e89b12d3a456426614174000", "123E4567-e89b-12d3-a456-426614174000",
    "123e4567-e89b-12d3-a456-42661417400g", "123e4567-e89b-12d3-a456-4266141740000",
    "+23e4567-e89b-12d3-a456-426614174000", "123e456-7e89b-12d3-a456-426614174000",
  ])
  func anyOtherFormIsRefused(text: String) {
    #expect(DataSetID(text: Substring(text)) == nil)
  }
}
