import Glibc

/// A small, fast source of random numbers that a seed determines: xoshiro256**.
///
/// After Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021); the state is
/// filled by splitmix64, as they advise. Swift's own generator cannot be seeded.
struct SeededRandom {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  init(seed: UInt64) {
    var counter = seed
    func splitmix() -> UInt64 {
      counter &+= 0x9e37_79b9_7f4a_7c15
      var mixed = counter
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
    state = (splitmix(), splitmix(), splitmix(), splitmix())
  }

  /// The next 64 random bits.
  mutating func next() -> UInt64 {
    func rotateLeft(_ value: UInt64, _ places: UInt64) -> UInt64 {
      (value << places) | (value >> (64 - places))
    }
    let result = rotateLeft(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotateLeft(state.3, 45)
    return result
  }

  /// A number from 0 to `bound - 1`, and 0 where `bound` is 0.
  ///
  /// The bias is below `bound` / 2^64, far under anything a data set could show.
  mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound.magnitude)).high)
  }

  /// A number in [0, 1), a multiple of 2^-53.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in (0, 1], safe to take the logarithm of.
  private mutating func positiveFraction() -> Double { Double((next() >> 11) + 1) * 0x1p-53 }

  /// A draw from the exponential distribution.
  mutating func exponential(mean: Double) -> Double { -mean * log(positiveFraction()) }

  /// A draw from the normal distribution, by Box and Muller.
  mutating func normal(mean: Double, standardDeviation: Double) -> Double {
    let radius = (-2 * log(positiveFraction())).squareRoot()
    return mean + standardDeviation * radius * cos(2 * Double.pi * fraction())
  }
}
