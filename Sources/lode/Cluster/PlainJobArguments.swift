import Itemsets
import Messages

// Submitting a job and fetching its results, without ArgumentParser: see PlainArguments.

extension SubmitJob {
  /// Reads valid arguments as ``readPlain(_:repeatable:argument:flag:option:)`` does; nil for others.
  init?(plain words: some Sequence<String>) {
    var dataset: Name?
    var mining = MiningSettings()
    var noWait = false
    var cluster = ClusterSettings()
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
    self.init(dataset: dataset, mining: mining, noWait: noWait, cluster: cluster)
  }
}

extension WriteResults {
  /// Reads valid arguments as ``readPlain(_:repeatable:argument:flag:option:)`` does; nil for others.
  init?(plain words: some Sequence<String>) {
    var job: JobID?
    var results = ResultSettings()
    var output = OutputSettings()
    var machine = MachineSettings()
    var cluster = ClusterSettings()
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
    self.init(job: job, results: results, output: output, machine: machine, cluster: cluster)
  }
}

extension ResultSettings {
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

extension ClusterSettings {
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
