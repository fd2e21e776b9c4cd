public import Apriori
public import Itemsets
public import Messages

extension Coordinator {
  /// The closed levels of a job that is done, where no checkpoints are kept; else nil.
  public func closedLevels(of job: JobID) -> ClosedLevels? { jobs.closedLevels(of: job) }

  /// The ranked items of a job that is done, where no checkpoints are kept; else nil.
  public func rankedItems(of job: JobID) -> RankedItems? { jobs.rankedItems(of: job) }
}
