import ClusterTransport
import Runtime
import ZeroMQTransport

/// Makes connections of the kinds that commands need.
enum Connections {
  /// A client's conversation with a coordinator.
  ///
  /// - Parameter keys: a folder with the keys of an admin or a client; nil without encryption.
  static func client(to address: HostAndPort, keys: String?) throws -> any ClusterClient {
    do {
      return try ClientConnection(
        context: ZeroMQContext(), address: address.endpoint, security: clientSecurity(keys))
    } catch let error as TransportError {
      throw CommandFailure.failed(error)
    } catch let error as KeyFolderError {
      throw CommandFailure.failed(error)
    }
  }

  /// The admin's keys where the folder has them, else the client's.
  private static func clientSecurity(_ keys: String?) throws -> ClientSecurity {
    guard let keys else { return .none }
    let loaded: RoleKeys
    if let admin = try? KeyFolder.load(.admin, from: keys) {
      loaded = admin
    } else {
      loaded = try KeyFolder.load(.client, from: keys)
    }
    return loaded.security(to: .coordinator) ?? .none
  }
}
