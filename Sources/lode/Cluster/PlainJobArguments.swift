import Itemsets
import Messages

// Submitting a job and fetching its results, without ArgumentParser: see PlainArguments.

extension JobCommand.Submit {
  /// Reads valid arguments as ``readPlain(_:repeatable:argument:flag:option:)`` does; nil for others.
  init?(plain words: some Sequence<String>) {
    var dataset: Name?
    var mining = MiningArguments.withoutOptions
    var noWait = false
    var cluster = ClusterArguments.withoutOptions
    let areRead = readPlain(words) {
      if dataset != nil { return false }
      dataset = Name(argument: $0)
      return dataset != nil
    } flag: {
      if $0 == "--no-wait" {
        noWait = true
        return true
      }
      return cluster.set(flag: $0)
    } option: {
      mining.set($0, to: $1) || cluster.set($0, to: $1)
    }
    guard areRead, let dataset, (try? mining.validate()) != nil, (try? cluster.validate()) != nil
    else { return nil }
    self.init()
    self.dataset = dataset
    self.mining = mining
    self.noWait = noWait
    self.cluster = cluster
  }
}

extension JobResults {
  /// Reads valid arguments as ``readPlain(_:repeatable:argument:flag:option:)`` does; nil for others.
  init?(plain words: some Sequence<String>) {
    var job: JobID?
    var results = ResultArguments.withoutOptions
    var output = OutputArguments.withoutOptions
    var machine = MachineArguments.withoutOptions
    var cluster = ClusterArguments.withoutOptions
    let areRead = readPlain(words) {
      if job != nil { return false }
      job = JobID(argument: $0)
      return job != nil
    } flag: {
      cluster.set(flag: $0)
    } option: {
      if $0 == "--memory" || $0 == "--temp" { return machine.set($0, to: $1) }
      return results.set($0, to: $1) || output.set($0, to: $1) || cluster.set($0, to: $1)
    }
    guard areRead, let job, (try? output.validate()) != nil, (try? cluster.validate()) != nil
    else { return nil }
    self.init()
    self.job = job
    self.results = results
    self.output = output
    memory = machine.memory
    temp = machine.temp
    self.cluster = cluster
  }
}

extension ResultArguments {
  fileprivate static var withoutOptions: ResultArguments {
    var arguments = ResultArguments()
    arguments.target = nil
    arguments.minLength = nil
    arguments.maxLength = nil
    arguments.minConfidence = nil
    arguments.minLift = nil
    arguments.maxAntecedent = nil
    arguments.maxConsequent = nil
    return arguments
  }

  fileprivate mutating func set(_ option: String, to value: String) -> Bool {
    switch option {
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

extension ClusterArguments {
  fileprivate static var withoutOptions: ClusterArguments {
    var arguments = ClusterArguments()
    arguments.cluster = nil
    arguments.keys = nil
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
    case "--cluster": cluster = value
    case "--keys": keys = value
    default: return false
    }
    return true
  }
}
