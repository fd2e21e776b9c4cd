/// Something that may be long, inside a message: a value, its bytes, or where to fetch them.
///
/// Who sends decides the form; who receives must take any. Encoding and decoding are work for a
/// compute pool, so the state machines pass contents on without looking inside.
public enum Content<Value: Sendable>: Sendable {
  /// The value itself, between parts of one process.
  case value(Value)
  /// Encoded, in a frame of the message.
  case bytes([UInt8])
  /// Encoded and too long for a message: to be fetched from the sender's data endpoint.
  case published(ObjectDescriptor)
}
