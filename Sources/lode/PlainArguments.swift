import ArgumentParser

// ArgumentParser finds the options of a command by reflection and dynamic casts, which took more than
// half of the instructions of mining a small file (26 of 45 million). So the commands whose time counts
// read the arguments that nearly every run gives by themselves. What they do not read is what
// ArgumentParser is asked about, and no test could tell the two apart but by a clock.

/// Reads words of the form `--name value`, flags and arguments.
///
/// - Parameters:
///   - repeatable: an option that may be given again.
///   - argument: takes a word that belongs to no option.
///   - flag: takes an option without a value; false where it is none.
///   - option: takes an option with its value; false where it cannot.
/// - Returns: false for anything that ArgumentParser is to look at: `--name=value`, several flags in a
///   word, an option twice, a value that begins with a hyphen, help, and every mistake.
func readPlain(
  _ words: some Sequence<String>, repeatable: String? = nil, argument: (String) -> Bool,
  flag: (String) -> Bool, option: (String, String) -> Bool
) -> Bool {
  var given: [String] = []
  var rest = words.makeIterator()
  while let word = rest.next() {
    if word == "-" || !word.hasPrefix("-") {
      if argument(word) { continue }
      return false
    }
    if word != repeatable, given.contains(word) { return false }
    given.append(word)
    if flag(word) { continue }
    guard let value = rest.next(), !value.hasPrefix("-"), option(word, value) else { return false }
  }
  return true
}

extension Mine {
  /// Reads valid arguments as ``readPlain(_:repeatable:argument:flag:option:)`` does; nil for others.
  init?(plain words: some Sequence<String>) {
    self.init()
    let areRead = readPlain(words, repeatable: "--transaction") {
      reading.input.append($0)
      return true
    } flag: {
      reading.set(flag: $0) || machine.set(flag: $0)
    } option: {
      reading.set($0, to: $1) || mining.set($0, to: $1) || output.set($0, to: $1)
        || machine.set($0, to: $1)
    }
    if !areRead { return nil }
    do {
      try reading.validate()
      try mining.validate()
      try output.validate()
      try machine.validate()
      try validate()
    } catch {
      return nil
    }
  }
}

extension ReadingSettings {
  fileprivate mutating func set(flag: String) -> Bool {
    switch flag {
    case "--header": header = true
    case "--table": table = true
    case "--trim": trim = true
    case "--keep-empty": keepEmpty = true
    default: return false
    }
    return true
  }

  fileprivate mutating func set(_ option: String, to value: String) -> Bool {
    switch option {
    case "--format": return assign(value, to: &format)
    case "--separator": return assign(value, to: &separator)
    case "--transaction": transaction.append(value)
    case "--item": item = value
    case "--time": time = value
    case "--customer": customer = value
    case "--block-transactions": return assign(value, to: &blockTransactions)
    default: return false
    }
    return true
  }
}

extension MiningSettings {
  /// Reads what ``asArguments`` gives; nil for anything else.
  init?(plain words: [String]) {
    self.init()
    let areRead = readPlain(words) { _ in
      false
    } flag: { _ in
      false
    } option: {
      set($0, to: $1)
    }
    guard areRead, (try? validate()) != nil else { return nil }
  }

  mutating func set(_ option: String, to value: String) -> Bool {
    switch option {
    case "--min-support": minSupport = value
    case "--target": return assign(value, to: &target)
    case "--min-length": return assign(value, to: &minLength)
    case "--max-length": return assign(value, to: &maxLength)
    case "--min-confidence": minConfidence = value
    case "--min-lift": minLift = value
    case "--max-antecedent": return assign(value, to: &maxAntecedent)
    case "--max-consequent": return assign(value, to: &maxConsequent)
    default: return false
    }
    return true
  }
}

extension OutputSettings {
  mutating func set(_ option: String, to value: String) -> Bool {
    switch option {
    case "--measures": measures = value
    case "--sort": sort = value
    case "--top": top = value
    case "--output", "-o": return assign(value, to: &output)
    case "--to": to = value
    default: return false
    }
    return true
  }
}

extension MachineSettings {
  fileprivate mutating func set(flag: String) -> Bool {
    guard flag == "--quiet" || flag == "-q" else { return false }
    quiet = true
    return true
  }

  mutating func set(_ option: String, to value: String) -> Bool {
    switch option {
    case "--threads": return assign(value, to: &threads)
    case "--memory": memory = value
    case "--temp": temp = value
    default: return false
    }
    return true
  }
}

/// Makes a value of a word; false where it is none.
func assign<Value: ExpressibleByArgument>(_ word: String, to place: inout Value) -> Bool {
  guard let value = Value(argument: word) else { return false }
  place = value
  return true
}

/// Makes a value of a word; false where it is none.
func assign<Value: ExpressibleByArgument>(_ word: String, to place: inout Value?) -> Bool {
  guard let value = Value(argument: word) else { return false }
  place = value
  return true
}
