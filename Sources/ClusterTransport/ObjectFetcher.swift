import Messages
import ZeroMQTransport

/// Fetches objects, from one source after the other until one has them.
final class ObjectFetcher: Sendable {
  private let client: BulkClient
  private let security: ClientSecurity
  private let securityToCoordinator: ClientSecurity
  private let coordinator: @Sendable () -> String?

  /// - Parameters:
  ///   - security: towards workers.
  ///   - securityToCoordinator: towards the endpoint that `coordinator` names; nil for the same.
  init(
    context: ZeroMQContext, security: ClientSecurity,
    securityToCoordinator: ClientSecurity? = nil,
    coordinator: @escaping @Sendable () -> String? = { nil }
  ) throws {
    client = try BulkClient(context: context)
    self.security = security
    self.securityToCoordinator = securityToCoordinator ?? security
    self.coordinator = coordinator
  }

  func fetch(
    _ descriptor: ObjectDescriptor, sources: [String],
    completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    guard let source = sources.first else { return completion(.failure(.unreachable)) }
    let isCoordinator = source == coordinator()
    client.fetch(
      key: descriptor.id.key, expectedLength: Int(clamping: descriptor.length), from: source,
      security: isCoordinator ? securityToCoordinator : security
    ) { [self] result in
      switch result {
      case .success(let bytes): completion(.success(bytes))
      case .failure where sources.count > 1:
        fetch(descriptor, sources: Array(sources.dropFirst()), completion: completion)
      case .failure: completion(.failure(.unreachable))
      }
    }
  }

  func close() { client.close() }
}
