public import Itemsets

/// The interest measures of a rule A => C by the names that options and columns use.
///
/// `rawValue` is the name after `--measures` and `--sort` and the heading of the csv column.
public enum InterestMeasure: String, CaseIterable, Sendable {
  case support
  case confidence
  case lift
  case leverage
  case conviction
  case zhang
  case jaccard
  case cosine
  case kulczynski
  case imbalanceRatio = "imbalance_ratio"
  case allConfidence = "all_confidence"

  /// The measure of a rule with these counts; nan where undefined, infinity where unbounded.
  public func value(_ counts: RuleCounts) -> Double {
    switch self {
    case .support: InterestMeasures.support(counts)
    case .confidence: InterestMeasures.confidence(counts)
    case .lift: InterestMeasures.lift(counts)
    case .leverage: InterestMeasures.leverage(counts)
    case .conviction: InterestMeasures.conviction(counts)
    case .zhang: InterestMeasures.zhang(counts)
    case .jaccard: InterestMeasures.jaccard(counts)
    case .cosine: InterestMeasures.cosine(counts)
    case .kulczynski: InterestMeasures.kulczynski(counts)
    case .imbalanceRatio: InterestMeasures.imbalanceRatio(counts)
    case .allConfidence: InterestMeasures.allConfidence(counts)
    }
  }

  /// Compares two rules by this measure: -1, 0 or 1; undefined is below everything.
  ///
  /// Support, confidence and lift are compared as fractions, cross-multiplied with up to 256 bits,
  /// so that 0 means equal and nothing else; the other measures by their rounded value.
  public func compare(_ left: RuleCounts, _ right: RuleCounts) -> Int {
    switch self {
    case .support:
      compareFractions(
        UInt128(left.both), UInt128(left.transactions), UInt128(right.both),
        UInt128(right.transactions))
    case .confidence:
      compareFractions(
        UInt128(left.both), UInt128(left.antecedent), UInt128(right.both),
        UInt128(right.antecedent))
    case .lift:
      compareFractions(
        product(left.both, left.transactions), product(left.antecedent, left.consequent),
        product(right.both, right.transactions), product(right.antecedent, right.consequent))
    default:
      compareDoubles(value(left), value(right))
    }
  }
}

/// The formulas of all interest measures, with one signature.
///
/// With N transactions, of which `a` contain the antecedent A, `c` the consequent C and `both` A and
/// C together. Each measure is one fraction of exact integers, divided and rounded once: equal
/// fractions give equal doubles, and a larger fraction never gives a smaller double. (Cosine takes a
/// square root after that, Kulczynski adds two fractions where 128 bits do not hold the sum.)
/// 0/0 is undefined and gives nan; x/0 gives infinity.
public enum InterestMeasures {
  /// Share of the transactions that contain A and C: `both / N`, in [0, 1].
  ///
  /// Agrawal, Imielinski, Swami: Mining association rules between sets of items in large databases,
  /// SIGMOD 1993.
  public static func support(_ counts: RuleCounts) -> Double {
    quotient(UInt128(counts.both), UInt128(counts.transactions))
  }

  /// Share of the transactions with A that contain C too: `both / a`, in [0, 1].
  ///
  /// Agrawal, Imielinski, Swami, SIGMOD 1993.
  public static func confidence(_ counts: RuleCounts) -> Double {
    quotient(UInt128(counts.both), UInt128(counts.antecedent))
  }

  /// How many times more often A and C occur together than if they were independent:
  /// `(both * N) / (a * c)`, in [0, N]; 1 is independence.
  ///
  /// Brin, Motwani, Ullman, Tsur: Dynamic itemset counting and implication rules for market basket
  /// data, SIGMOD 1997 (there called interest).
  public static func lift(_ counts: RuleCounts) -> Double {
    quotient(
      product(counts.both, counts.transactions), product(counts.antecedent, counts.consequent))
  }

  /// Share of the transactions beyond what independence would give:
  /// `both / N - (a / N)(c / N) = (both * N - a * c) / N^2`, in [-0.25, 0.25]; 0 is independence.
  ///
  /// Piatetsky-Shapiro: Discovery, analysis and presentation of strong rules, in Knowledge Discovery
  /// in Databases, 1991.
  public static func leverage(_ counts: RuleCounts) -> Double {
    let excess = excessOverIndependence(counts)
    let value = quotient(excess.magnitude, product(counts.transactions, counts.transactions))
    return excess.isNegative ? -value : value
  }

  /// How many times more often A would occur without C if they were independent:
  /// `(1 - c / N) / (1 - both / a) = a (N - c) / (N (a - both))`, in [0, infinity]; 1 is
  /// independence, infinite where the confidence is 1, undefined where besides C is everywhere.
  ///
  /// Brin, Motwani, Ullman, Tsur, SIGMOD 1997.
  public static func conviction(_ counts: RuleCounts) -> Double {
    quotient(
      product(counts.antecedent, difference(counts.transactions, counts.consequent)),
      product(counts.transactions, difference(counts.antecedent, counts.both)))
  }

  /// Confidence with A against confidence without A:
  /// `(conf(A => C) - conf(not A => C)) / max(conf(A => C), conf(not A => C))
  /// = (both * N - a * c) / max(both (N - a), a (c - both))`, in [-1, 1]; 0 is independence, negative
  /// where A repels C, undefined where both confidences are 0 or A is everywhere.
  ///
  /// Zhang: Association rules, PAKDD 2000.
  public static func zhang(_ counts: RuleCounts) -> Double {
    let excess = excessOverIndependence(counts)
    let value = quotient(
      excess.magnitude,
      max(
        product(counts.both, difference(counts.transactions, counts.antecedent)),
        product(counts.antecedent, difference(counts.consequent, counts.both))))
    return excess.isNegative ? -value : value
  }

  /// Share of the transactions with A or C that contain both: `both / (a + c - both)`, in [0, 1].
  ///
  /// Jaccard 1901; as an interest measure Tan, Kumar, Srivastava: Selecting the right objective
  /// measure for association analysis, Information Systems 29(4), 2004.
  public static func jaccard(_ counts: RuleCounts) -> Double {
    quotient(UInt128(counts.both), union(counts))
  }

  /// Geometric mean of the confidences of A => C and C => A: `both / sqrt(a * c)`, in [0, 1].
  ///
  /// Tan, Kumar, Srivastava, Information Systems 29(4), 2004.
  public static func cosine(_ counts: RuleCounts) -> Double {
    quotient(
      product(counts.both, counts.both), product(counts.antecedent, counts.consequent)
    ).squareRoot()
  }

  /// Arithmetic mean of the confidences of A => C and C => A:
  /// `(both / a + both / c) / 2 = both (a + c) / (2 a c)`, in [0, 1].
  ///
  /// Kulczynski 1927; as an interest measure Wu, Chen, Han: Re-examination of interestingness
  /// measures in pattern mining, Data Mining and Knowledge Discovery 21(3), 2010.
  public static func kulczynski(_ counts: RuleCounts) -> Double {
    let sum = UInt128(counts.antecedent) + UInt128(counts.consequent)
    let (numerator, overflow) = UInt128(counts.both).multipliedReportingOverflow(by: sum)
    let (denominator, carry) = product(counts.antecedent, counts.consequent)
      .multipliedReportingOverflow(by: 2)
    guard !overflow, !carry else {
      let both = UInt128(counts.both)
      return quotient(both, UInt128(counts.antecedent)) / 2
        + quotient(both, UInt128(counts.consequent)) / 2
    }
    return quotient(numerator, denominator)
  }

  /// How unlike A and C are in frequency: `|a - c| / (a + c - both)`, in [0, 1); 0 is balance.
  ///
  /// Wu, Chen, Han, Data Mining and Knowledge Discovery 21(3), 2010.
  public static func imbalanceRatio(_ counts: RuleCounts) -> Double {
    let larger = max(counts.antecedent, counts.consequent)
    let smaller = min(counts.antecedent, counts.consequent)
    return quotient(UInt128(larger - smaller), union(counts))
  }

  /// The smaller of the confidences of A => C and C => A: `both / max(a, c)`, in [0, 1].
  ///
  /// Omiecinski: Alternative interest measures for mining associations in databases, IEEE
  /// Transactions on Knowledge and Data Engineering 15(1), 2003 (there of the itemset; this is the
  /// value of the pair {A, C}).
  public static func allConfidence(_ counts: RuleCounts) -> Double {
    quotient(UInt128(counts.both), UInt128(max(counts.antecedent, counts.consequent)))
  }
}

private func product(_ left: UInt64, _ right: UInt64) -> UInt128 {
  UInt128(left) * UInt128(right)
}

/// `left - right`, or 0 where counts that contradict each other would make it negative.
private func difference(_ left: UInt64, _ right: UInt64) -> UInt64 {
  left > right ? left - right : 0
}

/// Transactions with the antecedent or the consequent, which may need 65 bits.
private func union(_ counts: RuleCounts) -> UInt128 {
  let sum = UInt128(counts.antecedent) + UInt128(counts.consequent)
  return sum > UInt128(counts.both) ? sum - UInt128(counts.both) : 0
}

/// `both * N - a * c`, the numerator of leverage and Zhang's measure.
private func excessOverIndependence(
  _ counts: RuleCounts
) -> (magnitude: UInt128, isNegative: Bool) {
  let observed = product(counts.both, counts.transactions)
  let expected = product(counts.antecedent, counts.consequent)
  return observed >= expected ? (observed - expected, false) : (expected - observed, true)
}

/// The double nearest to `numerator / denominator`, rounded once (ties to even).
private func quotient(_ numerator: UInt128, _ denominator: UInt128) -> Double {
  let exactIntegers: UInt128 = 1 << 53
  if numerator <= exactIntegers, denominator <= exactIntegers {
    return Double(UInt64(truncatingIfNeeded: numerator))
      / Double(UInt64(truncatingIfNeeded: denominator))
  }
  return wideQuotient(numerator, denominator)
}

/// `quotient` where one side is not exact as a double: a quotient of 63 or 64 bits with a sticky
/// last bit for the remainder, which the conversion to double then rounds correctly.
@inline(never)
private func wideQuotient(_ numerator: UInt128, _ denominator: UInt128) -> Double {
  guard denominator > 0 else { return numerator == 0 ? .nan : .infinity }
  guard numerator > 0 else { return 0 }
  // numerator / denominator lies between 2^(d - 1) and 2^(d + 1), d the difference in bit width.
  let shift =
    63 - (denominator.leadingZeroBitCount - numerator.leadingZeroBitCount)
  let divided: (quotient: UInt128, remainder: UInt128)
  if shift <= 0 {
    divided = numerator.quotientAndRemainder(dividingBy: denominator << UInt128(-shift))
  } else {
    // Smart shifts: a shift to the left by 128 or more leaves 0, a negative one goes to the right.
    divided = denominator.dividingFullWidth((numerator >> (128 - shift), numerator << shift))
  }
  let sticky: UInt64 = divided.remainder == 0 ? 0 : 1
  let significand = Double(UInt64(truncatingIfNeeded: divided.quotient) | sticky)
  return Double(sign: .plus, exponent: -shift, significand: significand)
}

/// Compares `a / b` with `c / d` exactly: -1, 0 or 1; a fraction with denominator 0 is below all.
private func compareFractions(_ a: UInt128, _ b: UInt128, _ c: UInt128, _ d: UInt128) -> Int {
  guard b > 0, d > 0 else { return (b > 0 ? 1 : 0) - (d > 0 ? 1 : 0) }
  let left = a.multipliedFullWidth(by: d)
  let right = c.multipliedFullWidth(by: b)
  if left.high != right.high { return left.high < right.high ? -1 : 1 }
  if left.low != right.low { return left.low < right.low ? -1 : 1 }
  return 0
}

/// Compares two doubles: -1, 0 or 1; nan is below everything.
private func compareDoubles(_ left: Double, _ right: Double) -> Int {
  if left.isNaN || right.isNaN { return (left.isNaN ? 0 : 1) - (right.isNaN ? 0 : 1) }
  return left < right ? -1 : (left > right ? 1 : 0)
}
