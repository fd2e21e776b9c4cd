import Glibc
import Testing

@testable import Reports

@Suite struct OutputTests {
  @Test func fileAppearsOnlyWhenComplete() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/result.csv"
    var output = try OutputBuffer(.file(path))
    try output.write("first\n")
    try output.flush()
    #expect(contents(path) == nil)
    try output.write("second\n")
    try output.finish()
    #expect(contents(path) == "first\nsecond\n")
    #expect(folder.names == ["result.csv"])
  }

  @Test func anAbandonedFileLeavesNothingAndKeepsTheOldOne() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/result.csv"
    func abandon() throws {
      var output = try OutputBuffer(.file(path))
      try output.write("half")
      try output.flush()
    }
    try abandon()
    #expect(folder.names.isEmpty)
    var output = try OutputBuffer(.file(path))
    try output.write("old")
    try output.finish()
    #expect(chmod(path, 0o640) == 0)
    try abandon()
    #expect(contents(path) == "old")
    #expect(folder.names == ["result.csv"])
    var again = try OutputBuffer(.file(path))
    try again.write("new")
    try again.finish()
    #expect(contents(path) == "new")
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test func aSymbolicLinkStaysALink() throws {
    let folder = try TemporaryFolder()
    let (target, link) = (folder.path + "/target", folder.path + "/link")
    var first = try OutputBuffer(.file(target))
    try first.finish()
    #expect(symlink(target, link) == 0)
    var output = try OutputBuffer(.file(link))
    try output.write("through")
    try output.finish()
    #expect(contents(target) == "through")
    var status = stat()
    #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func unusableDestinationsAreRefusedAtTheBeginning() throws {
    let folder = try TemporaryFolder()
    for path in [
      "", folder.path, folder.path + "/", folder.path + "/missing/result.csv",
      folder.path + "/new/",
    ] {
      do {
        _ = try OutputBuffer(.file(path))
        Issue.record("'\(path)' was accepted")
      } catch OutputError.unusableDestination(let name, let reason) {
        #expect(name == (path.isEmpty ? "''" : path))
        #expect(!reason.isEmpty)
      }
    }
    #expect(folder.names.isEmpty)
  }

  @Test func aFullDeviceIsNamedWithARemedy() throws {
    var output = try OutputBuffer(.file("/dev/full"))
    try output.write("does not fit")
    do {
      try output.finish()
      Issue.record("written to a full device")
    } catch {
      #expect(error == .cannotWrite(name: "/dev/full", code: ENOSPC))
      #expect(error.description.contains("/dev/full"))
      #expect(error.description.contains("no space left"))
      #expect(error.description.contains("--to"))
      #expect(!error.description.contains("Nothing was kept"))
    }
    var status = stat()
    #expect(stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func aClosedPipeIsAnErrorOfItsOwn() throws {
    ignoreOutputSignals()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    var output = try OutputBuffer(.descriptor(ends[1], name: "pipe"))
    try output.write("nobody reads")
    do {
      try output.finish()
      Issue.record("written to a closed pipe")
    } catch {
      #expect(error == .closedPipe)
    }
  }

  @Test func shortWritesToAFullPipeAreResumed() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    // Not blocking, so that the system takes a part and then says EAGAIN.
    try #require(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
    let reader = PipeReader(descriptor: ends[0])
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          Unmanaged<PipeReader>.fromOpaque(argument).takeUnretainedValue().readAll()
        }
        return nil
      }, Unmanaged.passUnretained(reader).toOpaque())
    try #require(started == 0)
    var output = try OutputBuffer(.descriptor(ends[1], name: "pipe"))
    var expected = 0
    for line in 0..<200_000 {
      let text = "line \(line)\n"
      expected += text.utf8.count
      try output.write(text)
    }
    try output.finish()
    close(ends[1])
    pthread_join(thread, nil)
    #expect(reader.byteCount == expected)
    #expect(reader.lineCount == 200_000)
    close(ends[0])
  }

  @Test func reservationsLargerThanTheBuffer() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/large"
    var output = try OutputBuffer(.file(path))
    try output.write("a")
    let start = try output.reserve(3_000_000)
    for index in 0..<3_000_000 { start[index] = UInt8(ascii: "b") }
    output.advance(to: start + 3_000_000)
    try output.write("c")
    try output.finish()
    #expect(contents(path) == "a" + String(repeating: "b", count: 3_000_000) + "c")
  }
}

/// Counts what comes out of a pipe; used by one thread, then by the test once that has ended.
final class PipeReader {
  let descriptor: Int32
  var byteCount = 0
  var lineCount = 0

  init(descriptor: Int32) { self.descriptor = descriptor }

  func readAll() {
    var chunk = [UInt8](repeating: 0, count: 5000)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count <= 0 { return }
      byteCount += count
      for byte in chunk[..<count] where byte == 10 { lineCount += 1 }
    }
  }
}
