import Itemsets

/// A number with a fixed number of decimals, at most 9, and its integer part grouped.
func fixed(_ value: Double, decimals: Int) -> String {
  if value.isNaN { return "-" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (value.magnitude * scale).rounded()
  guard scaled < 9e18 else { return value.description }
  let units = UInt64(scaled)
  let sign = value < 0 && units > 0 ? "-" : ""
  let whole = grouped(units / UInt64(scale))
  guard decimals > 0 else { return sign + whole }
  let fraction = String(units % UInt64(scale))
  return sign + whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// A number rounded to three digits, but never within its integer part: `0.0123`, `2.31`, `24.3`,
/// `5,731`; an undefined one is `-`.
func rounded(_ value: Double) -> String {
  var decimals = 2
  var bound = 9.995
  while decimals > 0, value.magnitude >= bound {
    decimals -= 1
    bound *= 10
  }
  if value != 0, !value.isNaN {
    bound = 0.9995
    while decimals < 9, value.magnitude < bound {
      decimals += 1
      bound /= 10
    }
  }
  return fixed(value, decimals: decimals)
}

/// A share as percent, rounded: `3.21 %`.
func percent(_ part: UInt64, of whole: UInt64) -> String {
  if whole == 0 { return "-" }
  return part == whole ? "100 %" : rounded(Double(part) * 100 / Double(whole)) + " %"
}
