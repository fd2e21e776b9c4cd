import ArgumentParser
import LodeSimulator
import TransactionReaders

@main
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs simulated clusters, one a seed, and stops at the first that goes wrong.",
    discussion: """
      With --data, clusters without faults mine a file instead, and what they find is compared with
      what `lode mine` finds.
      """)

  @Option(help: "The first seed.") var seed: UInt64 = 1
  @Option(help: "How many seeds, one after the other.") var count: UInt64 = 1
  @Option(help: "Seeds to run at once.") var threads = 1
  @Option(help: "A fault of the program to put in.", transform: mutant(named:))
  var mutant: Mutant?
  @Flag(help: "Print events, faults and rare paths of each seed.") var verbose = false
  @Flag(help: "Print all that happens, for people.") var trace = false
  @Flag(help: "Print nothing but the summary and failures.") var quiet = false

  @Flag(help: "Go on after seeds that go wrong.") var keepGoing = false
  @Flag(help: "Check that each mutant is caught, and print by which seed.") var mutants = false

  @Flag(help: "Print how a level of modelled work goes on ever more workers.") var scale = false
  @Option(help: "Numbers of workers for --scale.") var workers = [10, 30, 100, 300, 1_000]
  @Flag(help: "Let --scale leave out what encryption costs.") var plain = false

  @Option(help: "A data set to mine by clusters of many shapes.") var data: String?
  @Option(help: "Minimum support, as `lode mine` takes it.") var minSupport = "1%"
  @Option(help: "Column that names the transaction of a row.") var transaction: [String] = []
  @Option(help: "Column that holds the item of a row.") var item: String?

  func run() async throws {
    SeedsUnderWay.tellWhenTrapped()
    if mutants {
      let table = MutantTable(count: max(count, 1), firstSeed: seed)
      if !table.check() { throw ExitCode(1) }
      return
    }
    if scale { return try ScaleTable(workerCounts: workers, isPlain: plain).print() }
    if let data { return try mine(data) }
    if trace {
      SeedsUnderWay.note(seed, thread: 0)
      let outcome = simulate(seed: seed, mutant: mutant) { print($0) }
      report(outcome)
      if outcome.failure != nil { throw ExitCode(1) }
      return
    }
    var probes = Probes()
    var events = 0
    var failures = 0
    var next = seed
    let end = seed + count
    while next < end {
      let batch = next..<min(next + UInt64(max(threads, 1)) * 16, end)
      next = batch.upperBound
      for outcome in await outcomes(of: batch) {
        report(outcome)
        probes.add(outcome.probes)
        events += outcome.eventCount
        if outcome.failure != nil {
          failures += 1
          if !keepGoing { throw ExitCode(1) }
        }
      }
    }
    print("\(count) seeds, \(events) events: \(probes.summary)")
    if !probes.missing.isEmpty {
      print("never: \(probes.missing.map { "\($0)" }.joined(separator: " "))")
    }
    if failures > 0 {
      print("\(failures) seeds went wrong")
      throw ExitCode(1)
    }
  }

  /// Compares what clusters find in a file with what is found without one.
  private func mine(_ path: String) throws {
    var options = ReadingOptions()
    options.transactionColumns = transaction
    options.itemColumn = item
    let title = path.split(separator: "/").last ?? path[...]
    let matrix = try DataSetMatrix(path: path, options: options, minimumSupport: minSupport)
    var count = 0
    let allRight = matrix.check { line, isRight in
      count += 1
      if !quiet || !isRight { print("\(title) \(minSupport): \(line)") }
    }
    print("\(title) \(minSupport): \(count) clusters, \(matrix.summary)")
    if !allRight { throw ExitCode(1) }
  }

  /// The outcomes of neighbouring seeds, in their order, whatever thread ran which.
  private func outcomes(of seeds: Range<UInt64>) async -> [SimulationOutcome] {
    let stride = UInt64(max(threads, 1))
    let mutant = mutant
    let keepGoing = keepGoing
    return await withTaskGroup(of: [SimulationOutcome].self) { group in
      for thread in 0..<stride {
        group.addTask {
          var outcomes: [SimulationOutcome] = []
          var seed = seeds.lowerBound + thread
          while seed < seeds.upperBound {
            SeedsUnderWay.note(seed, thread: Int(thread))
            outcomes.append(simulate(seed: seed, mutant: mutant))
            SeedsUnderWay.note(nil, thread: Int(thread))
            if outcomes.last?.failure != nil, !keepGoing { break }
            seed += stride
          }
          return outcomes
        }
      }
      var all: [SimulationOutcome] = []
      for await outcomes in group { all += outcomes }
      return all.sorted { $0.seed < $1.seed }
    }
  }

  private func report(_ outcome: SimulationOutcome) {
    let digits = String(outcome.digest, radix: 16)
    let digest = String(repeating: "0", count: 16 - digits.count) + digits
    if let failure = outcome.failure {
      print("seed \(outcome.seed) \(digest) FAILED \(failure)")
    } else if verbose {
      print(
        "seed \(outcome.seed) \(digest) \(outcome.eventCount) events, \(outcome.faultCount) faults,"
          + " \(outcome.milliseconds) ms, \(outcome.deepestJob) levels: \(outcome.probes.summary)")
    } else if !quiet {
      print("seed \(outcome.seed) \(digest)")
    }
  }
}

private func mutant(named name: String) throws -> Mutant {
  guard let mutant = Mutant(rawValue: name) else {
    let names = Mutant.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("\(name) is no mutant; there are \(names)")
  }
  return mutant
}
