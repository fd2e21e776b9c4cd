import CXXHash

/// XXH3, 64 bits, seed 0: the one checksum of Lode.
/// - Complexity: O(bytes).
public func checksum64(_ bytes: [UInt8]) -> UInt64 {
  unsafe bytes.withUnsafeBytes { unsafe XXH3_64bits($0.baseAddress, $0.count) }
}
