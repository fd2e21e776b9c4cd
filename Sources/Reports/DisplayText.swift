import Itemsets

/// A name as it may be shown on a terminal: control characters become visible escapes.
func visible(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars {
    switch scalar {
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case "\u{200C}", "\u{200D}": text.unicodeScalars.append(scalar)  // joiners of letters and emoji
    default:
      if scalar.properties.generalCategory == .control
        || scalar.properties.generalCategory == .format
      {
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }
  return text
}

/// The columns a text takes on a terminal.
func displayWidth(_ text: String) -> Int {
  text.unicodeScalars.reduce(0) { $0 + displayWidth($1) }
}

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  switch scalar.value {
  case 0..<0x300: return 1
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
    return 2
  default:
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }
}

/// The start of a text that fits into `width` columns, with an ellipsis where something is missing.
func truncated(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  var kept = ""
  var used = 1
  for character in text {
    let size = displayWidth(String(character))
    if used + size > width { break }
    kept.append(character)
    used += size
  }
  return kept + "…"
}

/// Names joined by commas within `width` columns: all, or the first ones and
/// how many are missing: `milk, bread, +2`.
func joined(_ names: [String], within width: Int) -> String {
  let all = names.joined(separator: ", ")
  if displayWidth(all) <= width { return all }
  var best: String?
  var shown = ""
  for (index, name) in names.dropLast().enumerated() {
    shown += index == 0 ? name : ", " + name
    let text = shown + ", +\(grouped(names.count - index - 1))"
    if displayWidth(text) > width { break }
    best = text
  }
  if let best { return best }
  guard let first = names.first else { return "" }
  let rest = names.count > 1 ? ", +\(grouped(names.count - 1))" : ""
  let room = width - displayWidth(rest)
  return room >= 4 ? truncated(first, to: room) + rest : truncated(all, to: width)
}
