import ArgumentParser
import Glibc

/// The options that say what a command may use of the machine.
struct MachineArguments: ParsableArguments {
  @Option(help: "Threads to work with (default: all cores).")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Memory to work within, such as 512MiB, 4G or 50% of RAM; what is larger goes to --temp.",
      valueName: "size"))
  var memory = MachineSettings().memory

  @Option(
    help: ArgumentHelp("Folder for temporary files (default: TMPDIR or /tmp).", valueName: "dir"))
  var temp: String?

  @Flag(name: .shortAndLong, help: "No progress and no summary; errors are still shown.")
  var quiet = false

  mutating func validate() throws {
    try settings.validate()
  }

  var settings: MachineSettings {
    MachineSettings(threads: threads, memory: memory, temp: temp, quiet: quiet)
  }
}

/// What a command may use of the machine.
struct MachineSettings {
  var threads: Int?
  var memory = "75%"
  var temp: String?
  var quiet = false

  func validate() throws {
    if let threads, threads < 1 || threads > 4096 {
      throw ValidationError("--threads \(threads): give a number from 1 to 4096")
    }
    if MemorySize(memory) == nil {
      throw ValidationError(
        "--memory \(memory): give bytes such as 536870912, 512MiB or 4G, or a share such as 50%")
    }
  }

  /// The threads to use.
  var threadCount: Int { threads ?? Machine.usableCores }

  /// The bytes to work within.
  var memoryBytes: Int {
    MemorySize(memory)?.bytes(of: Machine.memoryBytes) ?? Machine.memoryBytes
  }

  /// The folder for temporary files.
  var temporaryDirectory: String {
    temp ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  }

  var narrator: Narrator { Narrator(isQuiet: quiet) }
}

/// An amount of memory as a user writes it.
enum MemorySize: Equatable {
  case bytes(Int)
  case percent(Int)

  /// `4096`, `512K`, `512KiB`, `64MB`, `2G`, `75%`; nil for anything else and for less than 1 MiB.
  init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0 else { return nil }
    let unit = text.dropFirst(digits.count).uppercased()
    if unit == "%" {
      guard number <= 100 else { return nil }
      self = .percent(number)
      return
    }
    let prefixes = ["K": 1, "M": 2, "G": 3, "T": 4]
    var factor = 1
    if let first = unit.first, let power = prefixes[String(first)] {
      let rest = unit.dropFirst()
      guard rest.isEmpty || rest == "B" || rest == "IB" else { return nil }
      for _ in 0..<power { factor *= rest == "B" ? 1000 : 1024 }
    } else if !unit.isEmpty && unit != "B" {
      return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow, bytes >= 1 << 20 else { return nil }
    self = .bytes(bytes)
  }

  func bytes(of total: Int) -> Int {
    switch self {
    case .bytes(let bytes): bytes
    case .percent(let percent): total / 100 * percent
    }
  }
}

/// What this machine, or the container that the process runs in, has.
enum Machine {
  /// The cores that are switched on.
  static var usableCores: Int {
    max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// Bytes of memory, of the container where it has a limit.
  static var memoryBytes: Int {
    let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard let file = fopen("/sys/fs/cgroup/memory.max", "r") else { return physical }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    guard fgets(&line, Int32(line.count), file) != nil else { return physical }
    let digits = line.prefix { $0 >= 48 && $0 <= 57 }.map { UInt8(bitPattern: $0) }
    guard let limit = Int(String(decoding: digits, as: UTF8.self)), limit > 0 else {
      return physical
    }
    return min(limit, physical)
  }
}
