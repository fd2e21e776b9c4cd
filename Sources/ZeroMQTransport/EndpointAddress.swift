import Glibc

/// An address of an endpoint in libzmq's form, checked.
///
/// `HOST:PORT` is read as `tcp://HOST:PORT`, and `localhost` as 127.0.0.1. Port 0 or `*` lets the
/// system choose when listening. An IPv6 host stands in brackets.
public struct EndpointAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address as libzmq is given it.
  public let description: String
  /// Whether only this machine can reach it: 127.0.0.0/8, ::1, ipc and inproc.
  public let isLoopback: Bool
  /// Whether it is an IPv6 address, which libzmq must be told.
  let isIPv6: Bool

  /// Reads an address.
  ///
  /// - Throws: ``TransportError/badAddress(text:reason:)``.
  public init(_ text: String) throws(TransportError) {
    func bad(_ reason: String) -> TransportError { .badAddress(text: text, reason: reason) }

    guard text.utf8.count <= 255, !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
      throw bad("it is too long or has blanks")
    }
    for scheme in ["ipc://", "inproc://"] where text.hasPrefix(scheme) {
      guard text.utf8.count > scheme.utf8.count else { throw bad("it names nothing") }
      description = text
      isLoopback = true
      isIPv6 = false
      return
    }
    var rest = Substring(text)
    if rest.hasPrefix("tcp://") {
      rest = rest.dropFirst(6)
    } else if text.contains("://") {
      throw bad("only tcp://, ipc:// and inproc:// are spoken")
    }
    guard let colon = rest.lastIndex(of: ":") else { throw bad("it has no port") }
    let port = rest[rest.index(after: colon)...]
    guard port == "*" || (UInt16(port) != nil && port.first != "+") else {
      throw bad("its port is no number up to 65535")
    }
    var host = String(rest[..<colon])
    // A semicolon would give libzmq an address to connect from.
    guard !host.isEmpty, !host.contains(";") else { throw bad("it has no host") }
    if host == "localhost" { host = "127.0.0.1" }
    if host.hasPrefix("[") || host.hasSuffix("]") || host.contains(":") {
      guard host.hasPrefix("["), host.hasSuffix("]") else {
        throw bad("an IPv6 host stands in brackets")
      }
      var binary = in6_addr()
      guard inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &binary) == 1 else {
        throw bad("its host is no IPv6 address")
      }
      let bytes = withUnsafeBytes(of: binary) { Array($0) }
      isLoopback = bytes.last == 1 && !bytes.dropLast().contains { $0 != 0 }
      isIPv6 = true
    } else {
      var binary = in_addr()
      // Names other than localhost count as remote, whatever they may resolve to.
      isLoopback =
        inet_pton(AF_INET, host, &binary) == 1 && UInt32(bigEndian: binary.s_addr) >> 24 == 127
      isIPv6 = false
    }
    description = "tcp://\(host):\(port)"
  }
}
