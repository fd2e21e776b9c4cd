import Glibc

/// Measures on this machine what the choices between ways to count rest on, for `bench/calibrate`.
///
/// Prints one object of JSON: of `kernels` the times of the innermost loops, of `row` the times of
/// every way to count one data set.
@main
struct Calibrate {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    do {
      switch (arguments.first, arguments.count) {
      case ("kernels", 1): print(KernelTimes.measured().json)
      case ("row", 3):
        let row = try MeasuredRow(
          path: arguments[arguments.startIndex + 1], support: arguments[arguments.startIndex + 2])
        print(try row.measured().json)
      default:
        fail("usage: calibrate kernels | calibrate row FILE MINIMUM_SUPPORT", status: 2)
      }
    } catch {
      fail("calibrate: \(error)", status: 1)
    }
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    let line = Array("\(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(status)
  }
}
