public import Apriori

/// A report that is not what it was announced to be.
public struct ReportDamage: Error, Sendable, Equatable {
  /// What is wrong with it.
  public let reason: String

  /// A report with something wrong.
  public init(_ reason: String) { self.reason = reason }
}

extension Content where Value == CountReport {
  /// Reads a report; what was passed as a value has been on no wire and is trusted.
  ///
  /// - Parameter digest: ``CountReport/digest`` of what was announced.
  /// - Throws: ``ReportDamage`` where the bytes are no report, or another one.
  /// - Complexity: linear in the length of the report.
  public func report(digest: UInt64) throws(ReportDamage) -> CountReport {
    switch self {
    case .value(let report): return report
    case .published: throw ReportDamage("it was never fetched")
    case .bytes(let bytes):
      let report: CountReport
      do throws(PayloadError) {
        report = try CountReport(decoding: bytes)
      } catch {
        throw ReportDamage("\(error)")
      }
      guard report.digest == digest else { throw ReportDamage("its digest differs") }
      return report
    }
  }
}

extension CountReport {
  /// How the report answers.
  public var mode: ReportMode {
    switch self {
    case .all: .all
    case .above(let allowance, _, _): .above(allowance: allowance)
    }
  }
}
