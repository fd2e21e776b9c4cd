/// The little of JSON that is written here.
indirect enum JSON {
  case number(Double)
  case integer(Int)
  case text(String)
  case null
  case list([JSON])
  case object([(String, JSON)])

  var json: String {
    switch self {
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .integer(let integer): "\(integer)"
    case .text(let text):
      "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    case .null: "null"
    case .list(let items): "[\(items.map(\.json).joined(separator: ", "))]"
    case .object(let fields):
      "{"
        + fields.map { "\(JSON.text($0.0).json): \($0.1.json)" }.joined(separator: ", ") + "}"
    }
  }
}
