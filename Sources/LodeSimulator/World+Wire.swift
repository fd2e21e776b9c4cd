import Messages
import WireFormat

/// Messages as a real network carries them.
extension World {
  /// What arrives of a message that was sent as bytes: the same, or the run has failed.
  func wired(_ content: Parcel.Content) -> Parcel.Content {
    do {
      return try throughWire(content)
    } catch {
      fail("wire", "a message cannot be sent or read: \(error)")
      return content
    }
  }

  private func throughWire(_ content: Parcel.Content) throws(WireError) -> Parcel.Content {
    switch content {
    case .toCoordinator(let envelope, let machine, let connection):
      let frames = try WireFormat.encode(envelope)
      return .toCoordinator(
        try WireFormat.decodeWorker(frames), machine: machine, connection: connection)
    case .toWorker(let envelope, let machine, let connection):
      let frames = try WireFormat.encode(envelope)
      return .toWorker(
        try WireFormat.decodeCoordinator(frames), machine: machine, connection: connection)
    case .request(let request, let id, let machine, let connection):
      let frames = try WireFormat.encode(request: request, id: id)
      let (arrived, request) = try WireFormat.decodeRequest(frames)
      return .request(request, id: arrived, machine: machine, connection: connection)
    case .response(let response, let id, let client, let connection):
      let frames = try WireFormat.encode(response: response, id: id)
      let (arrived, response) = try WireFormat.decodeResponse(frames)
      return .response(response, id: arrived, client: client, connection: connection)
    }
  }
}
