/// Why a text is not JSON, or not JSON of the wanted shape.
struct JSONFailure: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// A position in one line of JSON, moved by taking one token after the other.
///
/// The text comes with each call, since a span cannot be stored; it must be valid UTF-8 and the
/// same in all calls. Strings and numbers are taken as bytes: strings unescaped, numbers as written.
struct JSONText {
  /// What a value begins with.
  enum Start { case string, number, array, object, word }

  private var index = 0

  /// Skips blanks; whether the end is reached then.
  mutating func isAtEnd(_ text: Span<UInt8>) -> Bool {
    skipBlanks(text)
    return index == text.count
  }

  /// What stands next.
  mutating func start(_ text: Span<UInt8>) throws(JSONFailure) -> Start {
    skipBlanks(text)
    guard index < text.count else { throw JSONFailure("the line ends inside a value") }
    switch text[index] {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return .word
    default:
      throw JSONFailure("\(shown(text)) where a value should stand")
    }
  }

  /// Takes `byte`, if it stands next.
  mutating func take(_ byte: Unicode.Scalar, _ text: Span<UInt8>) -> Bool {
    skipBlanks(text)
    guard index < text.count, text[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  /// Takes `byte`, which must stand next.
  mutating func expect(_ byte: Unicode.Scalar, _ text: Span<UInt8>) throws(JSONFailure) {
    if !take(byte, text) {
      throw JSONFailure("\(shown(text)) where '\(Character(byte))' should stand")
    }
  }

  /// Takes `true`, `false` or `null`; whether it was `null`.
  mutating func word(_ text: Span<UInt8>) throws(JSONFailure) -> Bool {
    skipBlanks(text)
    for word in ["null", "true", "false"] {
      let bytes = Array(word.utf8)
      guard index + bytes.count <= text.count else { continue }
      if bytes.indices.allSatisfy({ text[index + $0] == bytes[$0] }) {
        index += bytes.count
        return word == "null"
      }
    }
    throw JSONFailure("\(shown(text)) where a value should stand")
  }

  /// Takes a number and appends it as written.
  mutating func number(
    _ text: Span<UInt8>, to result: inout [UInt8]
  ) throws(JSONFailure) {
    skipBlanks(text)
    let start = index
    if peek(text) == UInt8(ascii: "-") { index += 1 }
    if peek(text) == UInt8(ascii: "0") {
      index += 1
    } else {
      try digits(text)
    }
    if peek(text) == UInt8(ascii: ".") {
      index += 1
      try digits(text)
    }
    if peek(text) == UInt8(ascii: "e") || peek(text) == UInt8(ascii: "E") {
      index += 1
      if peek(text) == UInt8(ascii: "+") || peek(text) == UInt8(ascii: "-") { index += 1 }
      try digits(text)
    }
    for position in start..<index { result.append(text[position]) }
  }

  /// Takes a string and appends its text.
  mutating func string(
    _ text: Span<UInt8>, to result: inout [UInt8]
  ) throws(JSONFailure) {
    try expect("\"", text)
    while index < text.count {
      let byte = text[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): try escape(text, to: &result)
      case 0..<0x20: throw JSONFailure("a control character in a string; write it as \\u00XX")
      default: result.append(byte)
      }
    }
    throw JSONFailure("a string that is not closed; end it with '\"' on the same line")
  }

  /// Takes any value and forgets it.
  mutating func skip(_ text: Span<UInt8>) throws(JSONFailure) {
    var ignored: [UInt8] = []
    var isObject: [Bool] = []
    repeat {
      // Here a value must begin; after it, as many containers end as can.
      switch try start(text) {
      case .string: try string(text, to: &ignored)
      case .number: try number(text, to: &ignored)
      case .word: _ = try word(text)
      case .array, .object:
        if isObject.count == ReadingLimits.jsonDepth {
          throw JSONFailure(
            "more than \(ReadingLimits.jsonDepth) levels of nesting (limit jsonDepth)")
        }
        isObject.append(take("{", text))
        if isObject.last == false { try expect("[", text) }
        if !takesEnd(isObject.last == true, text) {
          if isObject.last == true { try name(text, to: &ignored) }
          continue
        }
        isObject.removeLast()
      }
      ignored.removeAll(keepingCapacity: true)
      while let container = isObject.last {
        if takesEnd(container, text) {
          isObject.removeLast()
          continue
        }
        try expect(",", text)
        if container { try name(text, to: &ignored) }
        break
      }
    } while !isObject.isEmpty
  }

  /// Takes the name of an object's member and the colon after it.
  mutating func name(
    _ text: Span<UInt8>, to result: inout [UInt8]
  ) throws(JSONFailure) {
    try string(text, to: &result)
    try expect(":", text)
  }

  private mutating func takesEnd(_ isObject: Bool, _ text: Span<UInt8>) -> Bool {
    take(isObject ? "}" : "]", text)
  }

  private mutating func escape(
    _ text: Span<UInt8>, to result: inout [UInt8]
  ) throws(JSONFailure) {
    guard index < text.count else { throw JSONFailure("a string that is not closed") }
    let byte = text[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourHexDigits(text)
      if code == 0 { throw JSONFailure("\\u0000 in a string; a name cannot hold NUL") }
      if (0xD800..<0xDC00).contains(code) {
        guard peek(text) == UInt8(ascii: "\\"), index + 1 < text.count,
          text[index + 1] == UInt8(ascii: "u")
        else { throw JSONFailure("half of a surrogate pair; write both \\u escapes") }
        index += 2
        let low = try fourHexDigits(text)
        guard (0xDC00..<0xE000).contains(low) else {
          throw JSONFailure("half of a surrogate pair; write both \\u escapes")
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw JSONFailure("half of a surrogate pair; write both \\u escapes")
      }
      result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default:
      throw JSONFailure("an unknown escape in a string; write \\\\ for a backslash")
    }
  }

  private mutating func fourHexDigits(_ text: Span<UInt8>) throws(JSONFailure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(text), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw JSONFailure("a \\u escape without four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      index += 1
    }
    return code
  }

  private mutating func digits(_ text: Span<UInt8>) throws(JSONFailure) {
    let start = index
    while let byte = peek(text), byte &- UInt8(ascii: "0") <= 9 { index += 1 }
    if index == start { throw JSONFailure("\(shown(text)) where a digit should stand") }
  }

  private func peek(_ text: Span<UInt8>) -> UInt8? {
    index < text.count ? text[index] : nil
  }

  private mutating func skipBlanks(_ text: Span<UInt8>) {
    while index < text.count, text[index] <= 0x20, isBlank(text[index]) || text[index] == 0x0D {
      index += 1
    }
  }

  /// What stands next, for a message.
  private func shown(_ text: Span<UInt8>) -> String {
    guard let byte = peek(text) else { return "the end of the line" }
    return byte > 0x20 && byte < 0x7F
      ? "'\(Character(UnicodeScalar(byte)))'" : "another character"
  }
}
