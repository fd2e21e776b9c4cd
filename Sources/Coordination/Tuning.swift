package import Apriori

extension Coordinator {
  /// Cuts and counts the small levels of tests and simulations as the large ones of real data are.
  ///
  /// - Parameters:
  ///   - rangeTargets: the least and the greatest number of candidates a range should have.
  ///   - rule: how block sets answer; nil for what the level suggests.
  package mutating func tune(rangeTargets: ClosedRange<Int>, rule: ReportRule?) {
    jobs.tuning = JobTuning(targets: rangeTargets, rule: rule)
  }
}
