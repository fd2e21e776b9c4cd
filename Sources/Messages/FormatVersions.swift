import Blocks

/// The versions of the formats that a job's data are kept in, for its manifest.
public struct FormatVersions: Sendable, Equatable {
  /// Of blocks.
  public var block: UInt64
  /// Of checkpoints, results, dictionaries and counts.
  public var payload: UInt64

  /// Those that this program writes.
  public static let current = FormatVersions(
    block: UInt64(BlockFormat.version), payload: UInt64(PayloadKind.version))

  /// Versions.
  public init(block: UInt64, payload: UInt64) {
    self.block = block
    self.payload = payload
  }
}
