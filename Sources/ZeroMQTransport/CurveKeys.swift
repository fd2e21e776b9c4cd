import CZeroMQ

/// A public key of CURVE, as 40 characters of Z85.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  /// The key as text.
  public let description: String

  /// Reads a key; nil when `text` is none.
  public init?(_ text: String) {
    guard isKeyText(text) else { return nil }
    description = text
  }

  /// The key of 32 bytes as they pass over the wire; nil when there are not 32.
  init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    var text = [CChar](repeating: 0, count: 41)
    guard zmq_z85_encode(&text, bytes, 32) != nil else { return nil }
    description = String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A secret key of CURVE with the public key that belongs to it; prints only the public one.
public struct KeyPair: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// The part that others may know.
  public let publicKey: PublicKey
  /// The part that no one else may know, as 40 characters of Z85.
  let secretText: String

  /// The pair of a secret key; nil when `secret` is none.
  public init?(secret: String) {
    guard isKeyText(secret) else { return nil }
    var text = [CChar](repeating: 0, count: 41)
    guard zmq_curve_public(&text, secret) == 0,
      let publicKey = PublicKey(
        String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    else { return nil }
    self.publicKey = publicKey
    secretText = secret
  }

  /// The public key only, also where a debugger or a log looks inside.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }

  /// The public key only.
  public var description: String { "key pair of \(publicKey)" }
}

/// Makes keys.
public enum CurveKeys {
  /// A new pair of keys from the system's random source.
  ///
  /// - Throws: ``TransportError/unavailable(what:code:)`` when libzmq was built without CURVE.
  public static func generate() throws(TransportError) -> KeyPair {
    var publicText = [CChar](repeating: 0, count: 41)
    var secretText = [CChar](repeating: 0, count: 41)
    guard zmq_curve_keypair(&publicText, &secretText) == 0,
      let pair = KeyPair(
        secret: String(
          decoding: secretText.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    else { throw .unavailable(what: "cannot make CURVE keys", code: zmq_errno()) }
    return pair
  }
}

/// Whether `text` is 32 bytes in Z85.
private func isKeyText(_ text: String) -> Bool {
  let punctuation = Array(".-:+=^!/*?&<>()[]{}@%$#".utf8)
  guard text.utf8.count == 40,
    text.utf8.allSatisfy({ byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || punctuation.contains(byte)
    })
  else { return false }
  var bytes = [UInt8](repeating: 0, count: 32)
  return zmq_z85_decode(&bytes, text) != nil
}
