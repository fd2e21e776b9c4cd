import LodeSimulator
import Testing

@Suite struct SimulatorTests {
  @Test func sameSeedSameRun() {
    #expect(simulate(seed: 1) == simulate(seed: 1))
  }
}
