import Blocks
import Messages

/// What a node must not forget about itself, kept in the file `identity`.
///
/// A few lines of text, for operators, that end with a checksum. Only the exact text that this type
/// writes is read.
struct NodeIdentity: Equatable {
  /// The cluster that the folder belongs to; nil for a new folder.
  var cluster: ClusterID?
  /// The highest epoch promised.
  var epoch = Epoch.none
  /// The incarnation of the last start.
  var incarnation = Incarnation(0)

  /// The most bytes of the file.
  static let lengthLimit = 1024

  /// The file's bytes.
  var bytes: [UInt8] {
    let lines = """
      lode-node 1
      cluster \(cluster?.description ?? "none")
      epoch \(epoch)
      incarnation \(incarnation.number)

      """
    return Array("\(lines)checksum \(checksum64(Array(lines.utf8)))\n".utf8)
  }

  init() {}

  /// Reads what ``bytes`` writes; nil for anything else.
  init?(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    func value(_ index: Int, _ label: String) -> Substring? {
      guard index < lines.count, lines[index].hasPrefix(label + " ") else { return nil }
      return lines[index].dropFirst(label.count + 1)
    }
    guard let cluster = value(1, "cluster"), let epoch = value(2, "epoch").flatMap({ UInt64($0) }),
      let incarnation = value(3, "incarnation").flatMap({ UInt64($0) })
    else { return nil }
    self.cluster = DataSetID(text: cluster).map { ClusterID($0) }
    self.epoch = Epoch(epoch)
    self.incarnation = Incarnation(incarnation)
    guard self.bytes == bytes else { return nil }
  }
}
