import CZeroMQ

/// Says who the owner of a key is, as the user id of its messages; nil refuses the key.
///
/// Called on the authentication thread of the context, once for each connection.
public typealias Authorizer = @Sendable (PublicKey) -> String?

/// Who may connect to a ``ServerEndpoint``.
public enum SecurityPolicy: Sendable {
  /// Anyone, which only addresses of this machine allow.
  case none
  /// Owners of keys the authorizer knows, encrypted by CURVE with the server's own keys.
  case curve(KeyPair, Authorizer)
}

/// What a client shows to a server, and which server it trusts.
public enum ClientSecurity: Hashable, Sendable {
  /// Nothing, which only addresses of this machine allow.
  case none
  /// Its own keys, to the one server that has the secret of `server`.
  case curve(KeyPair, server: PublicKey)
}

extension SecurityPolicy {
  /// Sets the server's side; `domain` is where the authentication handler finds the authorizer.
  func apply(to socket: ZeroMQSocket, domain: String) throws(TransportError) {
    guard case .curve(let keys, _) = self else { return }
    try socket.set(ZMQ_CURVE_SERVER, 1)
    try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretText)
    try socket.set(ZMQ_ZAP_DOMAIN, domain)
    // Without it, libzmq lets clients in when the handler is not there.
    try socket.set(LODE_ZMQ_ZAP_ENFORCE_DOMAIN, 1)
  }

  var hasKeys: Bool {
    if case .curve = self { true } else { false }
  }
}

extension ClientSecurity {
  func apply(to socket: ZeroMQSocket) throws(TransportError) {
    guard case .curve(let keys, let server) = self else { return }
    try socket.set(ZMQ_CURVE_SERVERKEY, server.description)
    try socket.set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.description)
    try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretText)
  }

  var hasKeys: Bool {
    if case .curve = self { true } else { false }
  }
}

/// Reads an address and refuses one that others can reach when there are no keys.
func secureAddress(_ text: String, hasKeys: Bool) throws(TransportError) -> EndpointAddress {
  let address = try EndpointAddress(text)
  guard hasKeys || address.isLoopback else { throw .keysRequired(address: address.description) }
  return address
}
