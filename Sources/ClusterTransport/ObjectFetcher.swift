import Messages
import ZeroMQTransport

/// Fetches objects, from one source after the other until one has them.
final class ObjectFetcher: Sendable {
  private let client: BulkClient
  private let security: ClientSecurity
  private let securityToCoordinator: ClientSecurity
  private let coordinator: @Sendable () -> String?

  /// Fetches at once, far more than leases and copies that a node has; further ones fail and are
  /// asked for again.
  private static let fetchesMaximum = 4_096

  /// - Parameters:
  ///   - security: towards workers.
  ///   - securityToCoordinator: towards the endpoint that `coordinator` names; nil for the same.
  init(
    context: ZeroMQContext, security: ClientSecurity,
    securityToCoordinator: ClientSecurity? = nil,
    coordinator: @escaping @Sendable () -> String? = { nil }
  ) throws {
    var options = BulkClient.Options()
    options.fetchesMaximum = Self.fetchesMaximum
    client = try BulkClient(context: context, options: options)
    self.security = security
    self.securityToCoordinator = securityToCoordinator ?? security
    self.coordinator = coordinator
  }

  func fetch(
    _ descriptor: ObjectDescriptor, sources: [String],
    completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    guard let source = sources.first else { return completion(.failure(.unreachable)) }
    let address = BulkAddress(
      source, security: source == coordinator() ? securityToCoordinator : security)
    do throws(BulkError) {
      try client.fetch(
        key: descriptor.id.key, expectedLength: Int(clamping: descriptor.length), from: address
      ) { [self] result in
        switch result {
        case .success(let bytes): completion(.success(bytes))
        case .failure: fetchFromNext(descriptor, sources, completion)
        }
      }
    } catch {
      fetchFromNext(descriptor, sources, completion)
    }
  }

  private func fetchFromNext(
    _ descriptor: ObjectDescriptor, _ sources: [String],
    _ completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    fetch(descriptor, sources: Array(sources.dropFirst()), completion: completion)
  }

  func close() { client.close() }
}
