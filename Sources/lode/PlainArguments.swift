import ArgumentParser

// ArgumentParser finds the options of a command by reflection and dynamic casts, which took more than
// half of the instructions of mining a small file (26 of 45 million). So `mine` reads the arguments that
// nearly every run gives by itself. What it does not read is what ArgumentParser is asked about, and
// no test could tell the two apart but by a clock.

extension MineCommand {
  /// Reads words of the form `--name value`, flags and inputs, all valid.
  ///
  /// Nil for anything else: help, `--name=value`, several flags in a word, an option twice, a value
  /// that begins with a hyphen, and every mistake.
  init?(plain words: some Sequence<String>) {
    var reading = ReadingArguments.withoutOptions
    var mining = MiningArguments.withoutOptions
    var output = OutputArguments.withoutOptions
    var machine = MachineArguments.withoutOptions
    var given: [String] = []
    var rest = words.makeIterator()
    while let word = rest.next() {
      if word == "-" || !word.hasPrefix("-") {
        reading.input.append(word)
        continue
      }
      if word != "--transaction", given.contains(word) { return nil }
      given.append(word)
      if reading.set(flag: word) || machine.set(flag: word) { continue }
      guard let value = rest.next(), !value.hasPrefix("-"),
        reading.set(word, to: value) || mining.set(word, to: value) || output.set(word, to: value)
          || machine.set(word, to: value)
      else { return nil }
    }
    self.init()
    do {
      try reading.validate()
      try mining.validate()
      try output.validate()
      try machine.validate()
      self.reading = reading
      self.mining = mining
      self.output = output
      self.machine = machine
      try validate()
    } catch {
      return nil
    }
  }
}

// An option without a value of its own cannot be read before it is set: so all are set, to what their
// declarations say.

extension ReadingArguments {
  fileprivate static var withoutOptions: ReadingArguments {
    var arguments = ReadingArguments()
    arguments.input = []
    arguments.format = nil
    arguments.separator = nil
    arguments.transaction = []
    arguments.item = nil
    arguments.time = nil
    arguments.customer = nil
    arguments.header = false
    arguments.table = false
    arguments.trim = false
    arguments.keepEmpty = false
    arguments.blockTransactions = 65_536
    return arguments
  }

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

extension MiningArguments {
  /// Reads what ``asArguments`` gives; nil for anything else.
  init?(plain words: [String]) {
    var arguments = MiningArguments.withoutOptions
    var rest = words.makeIterator()
    while let word = rest.next() {
      guard let value = rest.next(), arguments.set(word, to: value) else { return nil }
    }
    guard (try? arguments.validate()) != nil else { return nil }
    self = arguments
  }

  fileprivate static var withoutOptions: MiningArguments {
    var arguments = MiningArguments()
    arguments.minSupport = "1%"
    arguments.target = .rules
    arguments.minLength = 1
    arguments.maxLength = .none
    arguments.minConfidence = nil
    arguments.minLift = nil
    arguments.maxAntecedent = nil
    arguments.maxConsequent = nil
    return arguments
  }

  fileprivate mutating func set(_ option: String, to value: String) -> Bool {
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

extension OutputArguments {
  fileprivate static var withoutOptions: OutputArguments {
    var arguments = OutputArguments()
    arguments.measures = nil
    arguments.sort = nil
    arguments.top = nil
    arguments.output = nil
    arguments.to = nil
    return arguments
  }

  fileprivate mutating func set(_ option: String, to value: String) -> Bool {
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

extension MachineArguments {
  /// All as its declaration says.
  static var withoutOptions: MachineArguments {
    var arguments = MachineArguments()
    arguments.threads = nil
    arguments.memory = "75%"
    arguments.temp = nil
    arguments.quiet = false
    return arguments
  }

  fileprivate mutating func set(flag: String) -> Bool {
    guard flag == "--quiet" || flag == "-q" else { return false }
    quiet = true
    return true
  }

  fileprivate mutating func set(_ option: String, to value: String) -> Bool {
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
private func assign<Value: ExpressibleByArgument>(_ word: String, to place: inout Value) -> Bool {
  guard let value = Value(argument: word) else { return false }
  place = value
  return true
}

/// Makes a value of a word; false where it is none.
private func assign<Value: ExpressibleByArgument>(_ word: String, to place: inout Value?) -> Bool {
  guard let value = Value(argument: word) else { return false }
  place = value
  return true
}
