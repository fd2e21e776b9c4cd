import AssociationRules
import Itemsets

/// Writes itemsets and rules as JSON, one object a line (RFC 8259).
///
/// JSON has neither nan nor infinity: both are `null`. Only conviction can be infinite, where the
/// confidence is 1 and `consequent_support` is not; where that is 1 too it is undefined, so nothing
/// is lost. Names that are not UTF-8 are repaired.
struct JSONWriter: ~Copyable {
  private let names: EscapedNames
  private let measures: [InterestMeasure]
  private let measureKeys: [StringBytes]
  private var numbers = NumberWriter()
  private var antecedent = RowSide()
  private var consequent = RowSide()

  init(_ items: RankedItems, measures: [InterestMeasure]) {
    names = EscapedNames(items, .place) { _, name, bytes in
      appendJSON(String(decoding: name, as: UTF8.self), to: &bytes)
      return false
    }
    self.measures = measures
    measureKeys = measures.map { StringBytes(",\"\($0.rawValue)\":") }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing ItemsetBatch, _ rows: Range<Int>, of transactions: UInt64,
    to output: inout Sink
  ) throws(OutputError) {
    let items = batch.items.span
    let counts = batch.counts.span
    for row in rows {
      names.collect(items, batch.range(row), sorted: true, into: &antecedent)
      let start = try output.reserve(antecedent.byteCount + 64 + 4 * NumberWriter.textLimit)
      var end = put("{\"items\":[", at: start)
      end = names.write(antecedent, separator: UInt8(ascii: ","), to: end)
      end = put("],\"length\":", at: end)
      end = writeInteger(UInt64(antecedent.numbers.count), to: end)
      end = put(",\"count\":", at: end)
      end = writeInteger(counts[row], to: end)
      end = put(",\"support\":", at: end)
      end = numbers.writeSupport(counts[row], of: transactions, to: end)
      end = put("}\n", at: end)
      output.advance(to: end)
    }
  }

  mutating func write<Sink: TextSink & ~Copyable>(
    _ batch: borrowing RuleBatch, _ rows: Range<Int>, to output: inout Sink
  ) throws(OutputError) {
    let items = batch.items.span
    let allCounts = batch.counts.span
    let columnSize = NumberWriter.textLimit + 32
    let numbersSize = (RuleColumns.names.count + measures.count) * columnSize
    for row in rows {
      names.collect(items, batch.antecedent(row), sorted: true, into: &antecedent)
      names.collect(items, batch.consequent(row), sorted: true, into: &consequent)
      let start = try output.reserve(antecedent.byteCount + consequent.byteCount + numbersSize)
      let counts = allCounts[row]
      var end = put("{\"antecedents\":[", at: start)
      end = names.write(antecedent, separator: UInt8(ascii: ","), to: end)
      end = put("],\"consequents\":[", at: end)
      end = names.write(consequent, separator: UInt8(ascii: ","), to: end)
      end = put("],\"antecedent_support\":", at: end)
      end = numbers.writeSupport(counts.antecedent, of: counts.transactions, to: end)
      end = put(",\"consequent_support\":", at: end)
      end = numbers.writeSupport(counts.consequent, of: counts.transactions, to: end)
      end = put(",\"support\":", at: end)
      end = numbers.writeSupport(counts.both, of: counts.transactions, to: end)
      end = put(",\"confidence\":", at: end)
      end = writeOrNull(InterestMeasures.confidence(counts), to: end)
      end = put(",\"lift\":", at: end)
      end = writeOrNull(InterestMeasures.lift(counts), to: end)
      end = put(",\"leverage\":", at: end)
      end = writeOrNull(InterestMeasures.leverage(counts), to: end)
      end = put(",\"conviction\":", at: end)
      end = writeOrNull(InterestMeasures.conviction(counts), to: end)
      end = put(",\"count\":", at: end)
      end = writeInteger(counts.both, to: end)
      for (measure, key) in zip(measures, measureKeys) {
        end = key.copy(to: end)
        end = writeOrNull(measure.value(counts), to: end)
      }
      end = put("}\n", at: end)
      output.advance(to: end)
    }
  }

  @inline(__always)
  private func writeOrNull(
    _ value: Double, to start: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    value.isFinite ? numbers.write(value, to: start) : put("null", at: start)
  }
}

/// Copies a literal and returns the end of it.
@inline(__always)
func put(
  _ text: StaticString, at start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
  start.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
  return start + text.utf8CodeUnitCount
}

/// A text made at run time, ready to be copied.
private struct StringBytes {
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  func copy(to start: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    for (index, byte) in bytes.enumerated() { start[index] = byte }
    return start + bytes.count
  }
}

/// Appends a text as a JSON string: quotes, backslashes and control characters escaped.
private func appendJSON(_ text: String, to bytes: inout [UInt8]) {
  let hexadecimal = Array("0123456789abcdef".utf8)
  bytes.append(UInt8(ascii: "\""))
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
    case UInt8(ascii: "\r"): bytes += Array("\\r".utf8)
    case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
    case 0..<32, 127:
      bytes += Array("\\u00".utf8) + [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
    default: bytes.append(byte)
    }
  }
  bytes.append(UInt8(ascii: "\""))
}
