import Glibc
import Messages
import Runtime
import WireFormat
import ZeroMQTransport

/// Answers that have arrived and nobody has taken yet.
final class Answers: Sendable {
  enum Outcome {
    case answered(ClientResponse)
    case failed(ClientFailure)
    case nothing(ConnectionState)
  }

  private struct State {
    var answers: [RequestID: ClientResponse] = [:]
    var failure: ClientFailure?
    var connection = ConnectionState.connecting
  }

  private let state = Monitor(State())

  func receive(_ message: ReceivedMessage) {
    do throws(WireError) {
      let (id, response) = try WireFormat.decodeResponse(message.frames)
      state.update { $0.answers[id] = response }
    } catch {
      switch error {
      case .version, .refusedByPeer: state.update { $0.failure = .version("\(error)") }
      default: break  // What cannot be read is no answer; the question is asked again.
      }
    }
  }

  func changed(_ connection: ConnectionState) {
    state.update { $0.connection = connection }
  }

  /// Waits for an answer to `id`; answers to other, earlier questions are forgotten.
  func wait(for id: RequestID, milliseconds: UInt64) -> Outcome {
    let outcome = state.wait(milliseconds: milliseconds) { state -> Outcome? in
      if let failure = state.failure { return .failed(failure) }
      guard let answer = state.answers[id] else { return nil }
      state.answers = [:]
      return .answered(answer)
    }
    return outcome ?? .nothing(state.update { $0.connection })
  }
}

func sleepMilliseconds(_ milliseconds: UInt32) { usleep(milliseconds * 1000) }
