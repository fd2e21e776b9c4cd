import ArgumentParser
import AssociationRules
import Itemsets

/// What is looked for.
enum Target: String, ExpressibleByArgument, CaseIterable {
  case itemsets
  case closed
  case maximal
  case rules
}

/// A number of items, or `none` for no limit.
enum ItemLimit: ExpressibleByArgument, Equatable {
  case none
  case items(Int)

  init?(argument: String) {
    if argument == "none" {
      self = .none
    } else if let number = Int(argument), number >= 1 {
      self = .items(number)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .none: "none"
    case .items(let number): "\(number)"
    }
  }

  var limit: Int? {
    switch self {
    case .none: nil
    case .items(let number): number
    }
  }
}

/// The options that say what is mined, and which rules are made of it.
struct MiningArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Minimum support: 100 is a count, 0.01 and 1% are shares of all transactions.",
      valueName: "support"))
  var minSupport = MiningSettings().minSupport

  @Option(help: "What to find.")
  var target = MiningSettings().target

  @Option(help: ArgumentHelp("Fewest items of an itemset.", valueName: "items"))
  var minLength = MiningSettings().minLength

  @Option(help: ArgumentHelp("Most items of an itemset, or none.", valueName: "items"))
  var maxLength = MiningSettings().maxLength

  // The options of rules are optional, so that one given for another target can be refused.

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Minimum confidence of a rule: 0.5 or 50%. (default: 50%)", valueName: "confidence"))
  var minConfidence: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Minimum lift of a rule.", valueName: "lift"))
  var minLift: String?

  @Option(
    help: ArgumentHelp("Most items of an antecedent, or none. (default: none)", valueName: "items"))
  var maxAntecedent: ItemLimit?

  @Option(
    help: ArgumentHelp("Most items of a consequent, or none. (default: 1)", valueName: "items"))
  var maxConsequent: ItemLimit?

  mutating func validate() throws {
    try settings.validate()
  }

  var settings: MiningSettings {
    MiningSettings(
      minSupport: minSupport, target: target, minLength: minLength, maxLength: maxLength,
      minConfidence: minConfidence, minLift: minLift, maxAntecedent: maxAntecedent,
      maxConsequent: maxConsequent)
  }
}

/// What is mined, and which rules are made of it.
struct MiningSettings {
  var minSupport = "1%"
  var target = Target.rules
  var minLength = 1
  var maxLength = ItemLimit.none
  var minConfidence: String?
  var minLift: String?
  var maxAntecedent: ItemLimit?
  var maxConsequent: ItemLimit?

  func validate() throws {
    do {
      _ = try plan()
    } catch {
      throw ValidationError(error.message)
    }
    if minLength < 1 {
      throw ValidationError("--min-length \(minLength): an itemset has at least 1 item")
    }
    if let maximum = maxLength.limit, maximum < minLength {
      throw ValidationError(
        "--max-length \(maximum) is less than --min-length \(minLength): no itemset is left")
    }
    if target != .rules, let option = optionOfRules {
      throw ValidationError("\(option) is of rules; leave it out or use --target rules")
    }
  }

  /// The first option given that has a meaning for rules alone.
  private var optionOfRules: String? {
    if minConfidence != nil { return "--min-confidence" }
    if minLift != nil { return "--min-lift" }
    if maxAntecedent != nil { return "--max-antecedent" }
    return maxConsequent == nil ? nil : "--max-consequent"
  }

  /// The settings as exact numbers.
  func plan() throws(ThresholdRefusal) -> MiningRequest {
    let lengths = LengthLimits(minimum: minLength, maximum: maxLength.limit)
    var lift: MinimumLift?
    if let minLift {
      lift = try ThresholdRefusal.naming("--min-lift") { () throws(ThresholdError) in
        try MinimumLift(minLift)
      }
    }
    return MiningRequest(
      supportText: minSupport,
      support: try ThresholdRefusal.naming("--min-support") { () throws(ThresholdError) in
        try MinimumSupport(minSupport)
      },
      target: target,
      lengths: lengths,
      rules: RuleOptions(
        lengths: lengths, maximumAntecedent: maxAntecedent?.limit,
        maximumConsequent: (maxConsequent ?? .items(1)).limit,
        minimumConfidence: try ThresholdRefusal.naming("--min-confidence") {
          () throws(ThresholdError) in try MinimumConfidence(minConfidence ?? "50%").fraction
        },
        minimumLift: lift?.value))
  }
}

/// A threshold that cannot be used, with the option it was given to.
struct ThresholdRefusal: Error {
  let message: String

  static func naming<Value>(
    _ option: String, _ body: () throws(ThresholdError) -> Value
  ) throws(ThresholdRefusal) -> Value {
    do {
      return try body()
    } catch {
      throw ThresholdRefusal(message: "\(option): \(error)")
    }
  }
}

/// What is looked for, resolved.
struct MiningRequest {
  /// The minimum support as written.
  let supportText: String
  let support: MinimumSupport
  let target: Target
  let lengths: LengthLimits
  let rules: RuleOptions

  /// How long itemsets must be mined to answer; nil for any length.
  ///
  /// Closed and maximal are properties among all frequent itemsets: one length more tells them.
  var maximumLevel: Int? {
    switch target {
    case .itemsets: return lengths.maximum
    case .closed, .maximal:
      guard let maximum = lengths.maximum else { return nil }
      let (level, overflow) = maximum.addingReportingOverflow(1)
      return overflow ? nil : level
    case .rules:
      guard let antecedent = rules.maximumAntecedent, let consequent = rules.maximumConsequent
      else { return lengths.maximum }
      let (sides, overflow) = antecedent.addingReportingOverflow(consequent)
      if overflow { return lengths.maximum }
      return min(lengths.maximum ?? sides, sides)
    }
  }
}
