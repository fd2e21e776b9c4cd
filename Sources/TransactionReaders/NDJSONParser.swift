internal import Itemsets

/// One JSON value a line: an array of items, or an object whose members hold them.
struct NDJSONParser: Sendable {
  private let trim: Bool
  private let transactionNames: [[UInt8]]
  private let itemName: [UInt8]?
  private let timeName: [UInt8]?
  private let customerName: [UInt8]?

  // The last line's values; flat, to be used again.
  private var items: [UInt8] = []
  private var itemEnds: [Int] = []
  private var keys: [[UInt8]?]
  private var time: [UInt8]?
  private var customer: [UInt8]?
  private var sawItem = false
  private var name: [UInt8] = []

  init(_ options: ReadingOptions) {
    trim = options.trim
    transactionNames = options.transactionColumns.map { Array($0.utf8) }
    itemName = options.itemColumn.map { Array($0.utf8) }
    timeName = options.timeColumn.map { Array($0.utf8) }
    customerName = options.customerColumn.map { Array($0.utf8) }
    keys = options.transactionColumns.map { _ in nil }
  }

  /// Appends transactions until the batch has enough, or groups as many rows; false at the end.
  mutating func read(
    _ stream: inout ByteStream, _ state: inout ReadingState, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) -> Bool {
    let room = BatchRoom(after: batch)
    var rowsLeft = BatchRoom.rows
    while !room.isFull(batch), rowsLeft > 0 {
      guard let line = try stream.nextLine() else { return false }
      rowsLeft -= 1
      if stream.trimmed(line).isEmpty {
        state.summary.blankLines += 1
        continue
      }
      state.summary.rows += 1
      do throws(JSONFailure) {
        try parse(stream.buffer.span.extracting(line))
      } catch {
        throw ReadError(.malformed, stream.name, line: stream.line - 1, error.message)
      }
      try take(stream.name, stream.line - 1, &state, &batch, &dictionary)
    }
    return true
  }

  // MARK: One line

  private mutating func parse(_ text: Span<UInt8>) throws(JSONFailure) {
    items.removeAll(keepingCapacity: true)
    itemEnds.removeAll(keepingCapacity: true)
    for index in keys.indices { keys[index] = nil }
    time = nil
    customer = nil
    sawItem = false
    var json = JSONText()
    let start = try json.start(text)
    if start == .array, itemName == nil {
      try parseItems(&json, text)
    } else if start == .object, itemName != nil {
      try parseObject(&json, text)
    } else if start == .object {
      throw JSONFailure("an object; name its members with --transaction and --item")
    } else if itemName != nil {
      throw JSONFailure("no object; --transaction and --item name members of an object each line")
    } else {
      throw JSONFailure("no array of items; write one transaction a line, such as [\"a\", \"b\"]")
    }
    if !json.isAtEnd(text) {
      throw JSONFailure("more text after the value; write one value a line")
    }
  }

  private mutating func parseObject(
    _ json: inout JSONText, _ text: Span<UInt8>
  ) throws(JSONFailure) {
    try json.expect("{", text)
    if json.take("}", text) { return }
    repeat {
      name.removeAll(keepingCapacity: true)
      try json.name(text, to: &name)
      // A member may play several parts, and is read once for each.
      let value = json
      var isWanted = false
      for index in transactionNames.indices where transactionNames[index] == name {
        json = value
        keys[index] = try parseScalar(&json, text)
        isWanted = true
      }
      if timeName == name {
        json = value
        time = try parseScalar(&json, text)
        isWanted = true
      }
      if customerName == name {
        json = value
        customer = try parseScalar(&json, text)
        isWanted = true
      }
      if itemName == name {
        json = value
        items.removeAll(keepingCapacity: true)
        itemEnds.removeAll(keepingCapacity: true)
        sawItem = true
        if try json.start(text) == .array {
          try parseItems(&json, text)
        } else {
          try parseItem(&json, text)
        }
        isWanted = true
      }
      if !isWanted { try json.skip(text) }
    } while json.take(",", text)
    try json.expect("}", text)
  }

  private mutating func parseItems(
    _ json: inout JSONText, _ text: Span<UInt8>
  ) throws(JSONFailure) {
    try json.expect("[", text)
    if json.take("]", text) { return }
    repeat { try parseItem(&json, text) } while json.take(",", text)
    try json.expect("]", text)
  }

  private mutating func parseItem(
    _ json: inout JSONText, _ text: Span<UInt8>
  ) throws(JSONFailure) {
    switch try json.start(text) {
    case .string: try json.string(text, to: &items)
    case .number: try json.number(text, to: &items)
    case .word:
      if try !json.word(text) {
        throw JSONFailure("an item must be a string or a number, not true or false")
      }
    case .array, .object:
      throw JSONFailure("an item must be a string or a number, not an array or object")
    }
    itemEnds.append(items.count)
  }

  /// The bytes of a string, number or `null` (none).
  private func parseScalar(
    _ json: inout JSONText, _ text: Span<UInt8>
  ) throws(JSONFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    switch try json.start(text) {
    case .string: try json.string(text, to: &bytes)
    case .number: try json.number(text, to: &bytes)
    case .word:
      if try json.word(text) { return bytes }
      throw JSONFailure("a key must be a string or a number, not true or false")
    case .array, .object:
      throw JSONFailure("a key must be a string or a number, not an array or object")
    }
    return bytes
  }

  // MARK: From values to transactions

  private mutating func take(
    _ file: String, _ line: Int, _ state: inout ReadingState, _ batch: inout TransactionBatch,
    _ dictionary: inout ItemDictionary
  ) throws(ReadError) {
    if itemEnds.count > ReadingLimits.transactionItems { throw .manyItems(file, line: line) }
    if let itemName, !sawItem { throw missing(itemName, file, line) }
    var microseconds: Int64 = 0
    var customerId: UInt32 = 0
    if let timeName {
      guard let time else { throw missing(timeName, file, line) }
      microseconds = try state.time(time.span, file: file, line: line)
    }
    if let customerName {
      guard let customer else { throw missing(customerName, file, line) }
      customerId = try identify(customer.span, file: file, line: line, in: &state.customers)
    }
    if !transactionNames.isEmpty {
      name.removeAll(keepingCapacity: true)
      var isNamed = false
      for index in keys.indices {
        guard var key = keys[index] else { throw missing(transactionNames[index], file, line) }
        if trim { key = Array(key[trimmed(key, key.indices)]) }
        if !key.isEmpty { isNamed = true }
        TransactionGrouping.appendKey(key.span, of: keys.count, to: &name)
      }
      if !isNamed {
        state.summary.rowsWithoutTransaction += 1
        return
      }
      try state.grouping.begin(
        name.span, time: microseconds, customer: customerId, file: file, line: line)
    }
    var start = 0
    for end in itemEnds {
      let item = trim ? trimmed(items, start..<end) : start..<end
      start = end
      if item.isEmpty { continue }
      let id = try identify(items.span.extracting(item), file: file, line: line, in: &dictionary)
      if transactionNames.isEmpty { batch.items.append(id) } else { state.grouping.append(id) }
    }
    if transactionNames.isEmpty {
      batch.ends.append(batch.items.count)
      if timeName != nil { batch.times.append(microseconds) }
      if customerName != nil { batch.customers.append(customerId) }
    }
  }

  private func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var stop = range.upperBound
    while start < stop, isBlank(bytes[start]) { start += 1 }
    while stop > start, isBlank(bytes[stop - 1]) { stop -= 1 }
    return start..<stop
  }

  private func missing(_ name: [UInt8], _ file: String, _ line: Int) -> ReadError {
    ReadError(
      .missingColumn, file, line: line,
      """
      no member \"\(String(decoding: name, as: UTF8.self))\" in this object; add it to each line \
      (null for none), or name another
      """)
  }
}
