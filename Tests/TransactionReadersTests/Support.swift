import Glibc
import Itemsets
import Testing

@testable import TransactionReaders

/// A folder for the files of one test, removed with them.
final class Folder {
  let path: String
  private var names: [String] = []

  init() {
    var template = Array("/tmp/lode-tests-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    path = made.map { String(cString: $0) } ?? "/tmp"
  }

  deinit {
    for name in names { unlink(path + "/" + name) }
    rmdir(path)
  }

  /// Writes a file and returns its path.
  func write(_ bytes: [UInt8], as name: String) -> String {
    let file = path + "/" + name
    if !names.contains(name) { names.append(name) }
    guard let handle = fopen(file, "w") else { return file }
    fwrite(bytes, 1, bytes.count, handle)
    fclose(handle)
    return file
  }

  func write(_ text: String, as name: String) -> String { write(Array(text.utf8), as: name) }

  /// How many files lie in the folder.
  var fileCount: Int {
    guard let directory = opendir(path) else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count - 2
  }
}

/// All that a reader says about its inputs, with items as names.
struct Outcome: Equatable {
  var transactions: [[String]] = []
  var times: [Int64] = []
  var customers: [String] = []
  var inputs: [InputDescription] = []
  var summary = ReadingSummary()
  var hasSpilled = false
  var error: ReadError?

  var kind: ReadError.Kind? { error?.kind }
  var line: Int? { error?.line }
}

/// Reads files to their end, or to the error.
func read(_ paths: [String], _ options: ReadingOptions = ReadingOptions()) -> Outcome {
  var outcome = Outcome()
  do throws(ReadError) {
    var dictionary = ItemDictionary()
    var batch = TransactionBatch()
    var reader = try TransactionReader(paths: paths, options: options)
    defer {
      outcome.inputs = reader.inputs
      outcome.summary = reader.summary
      outcome.hasSpilled = reader.hasSpilled
    }
    while try reader.read(into: &batch, dictionary: &dictionary) {
      var start = 0
      for end in batch.ends {
        outcome.transactions.append(batch.items[start..<end].map { dictionary.name(Int($0)) })
        start = end
      }
      outcome.times += batch.times
      outcome.customers += batch.customers.map { reader.customers.name(Int($0)) }
      batch.removeAll()
    }
    if try reader.read(into: &batch, dictionary: &dictionary) {
      Issue.record("a reader went on after its end")
    }
  } catch {
    outcome.error = error
  }
  return outcome
}

/// Reads a text as a file of that name, in chunks of several sizes that must not make a difference.
@discardableResult
func read(
  _ text: [UInt8], as name: String = "x.txt", _ options: ReadingOptions = ReadingOptions(),
  chunks: [Int] = [1, 2, 3, 7, 64],
  sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
  let folder = Folder()
  let path = folder.write(text, as: name)
  let whole = read([path], options)
  for chunk in chunks {
    var options = options
    options.chunkBytes = chunk
    var outcome = read([path], options)
    // How far the file was read before an error depends on the chunks, and nothing else does.
    outcome.summary.bytesConsumed = whole.summary.bytesConsumed
    if whole.error != nil, outcome.error != nil {
      outcome.transactions = whole.transactions
      outcome.summary = whole.summary
      outcome.times = whole.times
      outcome.customers = whole.customers
      outcome.inputs = whole.inputs
    }
    #expect(outcome == whole, "in chunks of \(chunk) bytes", sourceLocation: sourceLocation)
  }
  return whole
}

@discardableResult
func read(
  _ text: String, as name: String = "x.txt", _ options: ReadingOptions = ReadingOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome {
  read(Array(text.utf8), as: name, options, sourceLocation: sourceLocation)
}

extension ReadingOptions {
  /// Options with some of them changed.
  static func with(_ change: (inout ReadingOptions) -> Void) -> ReadingOptions {
    var options = ReadingOptions()
    change(&options)
    return options
  }

  static func long(
    _ transaction: [String], _ item: String, time: String? = nil, customer: String? = nil
  ) -> ReadingOptions {
    .with {
      $0.transactionColumns = transaction
      $0.itemColumn = item
      $0.timeColumn = time
      $0.customerColumn = customer
    }
  }
}
