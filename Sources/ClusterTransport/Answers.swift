import Glibc
import Messages
import Runtime
import WireFormat
import ZeroMQTransport

/// The answer to the one question that is being asked.
final class Answers: Sendable {
  enum Outcome {
    case answered(ClientResponse)
    case failed(ClientFailure)
    case nothing(ConnectionState)
  }

  private struct State {
    var asked: RequestID?
    var answer: ClientResponse?
    var failure: ClientFailure?
    var connection = ConnectionState.connecting
  }

  private let state = Monitor(State())

  /// Keeps the answer to `id` from now on, and no other: late ones to earlier questions are dropped.
  func expect(_ id: RequestID) {
    state.update { state in
      state.asked = id
      state.answer = nil
    }
  }

  func receive(_ message: ReceivedMessage) {
    do throws(WireError) {
      let (id, response) = try WireFormat.decodeResponse(message.frames)
      state.update { if $0.asked == id { $0.answer = response } }
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

  /// Waits for the answer and takes it.
  func wait(milliseconds: UInt64) -> Outcome {
    let outcome = state.wait(milliseconds: milliseconds) { state -> Outcome? in
      if let failure = state.failure { return .failed(failure) }
      return state.answer.take().map { .answered($0) }
    }
    return outcome ?? .nothing(state.update { $0.connection })
  }
}

func sleepMilliseconds(_ milliseconds: UInt32) { usleep(milliseconds * 1000) }
