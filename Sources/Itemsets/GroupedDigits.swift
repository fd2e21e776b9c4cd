/// An integer with a comma between groups of three digits, as people read it.
public func grouped(_ value: some BinaryInteger) -> String {
  let digits = Array(String(value.magnitude).utf8)
  var text: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text.append(UInt8(ascii: ",")) }
    text.append(digit)
  }
  return String(decoding: text, as: UTF8.self)
}

/// A number and what it counts, singular for one: `1 block`, `16,470 items`.
public func counted(_ count: some BinaryInteger, _ noun: String) -> String {
  "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}
