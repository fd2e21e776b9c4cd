import Messages

/// The part of a coordinator that waits for an effect's outcome.
enum TokenOwner: Sendable, Hashable {
  /// The claim of an epoch at the start.
  case start
  /// An ingest.
  case ingest(RequestID)
  /// A job.
  case job(JobID)
  /// The record of a worker that wants to join.
  case member(Name, Incarnation)
  /// The registry of objects: replicas recorded, objects kept.
  case registry
  /// A client's request that is answered when a change is durable.
  case request(RequestID)
}

/// Collects the effects of an event, and remembers who waits for their outcomes.
struct Outbox: Sendable {
  private(set) var effects: [CoordinatorEffect] = []
  private var owners: [Token: TokenOwner] = [:]
  private var lastToken: UInt64 = 0

  /// Adds an effect.
  mutating func add(_ effect: CoordinatorEffect) { effects.append(effect) }

  /// A new token whose outcome goes to `owner`.
  mutating func token(for owner: TokenOwner) -> Token {
    lastToken += 1
    owners[Token(lastToken)] = owner
    return Token(lastToken)
  }

  /// Who waits for the outcome of `token`; nil the second time.
  mutating func takeOwner(of token: Token) -> TokenOwner? { owners.removeValue(forKey: token) }

  /// Hands the collected effects out and begins anew.
  mutating func takeEffects() -> [CoordinatorEffect] {
    defer { effects = [] }
    return effects
  }
}
