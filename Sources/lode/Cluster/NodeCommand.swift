import ArgumentParser
import Itemsets
import Messages

/// `lode node`: the workers.
struct NodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "List, drain and remove workers.",
    discussion: """
      Example:
        lode node drain worker-3
      """,
    subcommands: [List.self, Drain.self, Remove.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the workers.",
      discussion: """
        Example:
          lode node list -o wide
        """)

    @OptionGroup var list: ListArguments
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let nodes = try cluster.ask(.listNodes) { response -> [NodeSummary]? in
        guard case .nodes(let nodes) = response else { return nil }
        return nodes
      }
      switch list.output {
      case .json: try printJSON(nodes.map(NodeView.init))
      case .table, .wide:
        for line in nodeTable(nodes, isWide: list.output == .wide).lines { print(line) }
      }
    }
  }

  struct Drain: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "drain",
      abstract: "Move everything away from a worker, then let it go.",
      discussion: """
        The worker goes on serving until every object it holds has its copies elsewhere; its state is
        then drained, and it may be stopped and removed.

        Example:
          lode node drain worker-3
        """)

    @Argument(help: "The worker.") var node: Name
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      let summary = try cluster.ask(.drainNode(node)) { response -> NodeSummary? in
        guard case .node(let summary) = response else { return nil }
        return summary
      }
      cluster.narrator.say(
        "\(node) is \(summary.state) with \(grouped(summary.objectCount)) objects; follow it with"
          + " `lode node list`, then stop it and `lode node remove \(node)`")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Forget a worker that is dead or drained.",
      discussion: """
        Its replicas count as lost. Started again with the same folder it joins as a worker like any
        other: to keep it out, stop its process first.

        Example:
          lode node remove worker-3
        """)

    @Argument(help: "The worker.") var node: Name
    @OptionGroup var cluster: ClusterArguments

    func run() throws {
      try cluster.ask(.removeNode(node)) { $0 == .done ? () : nil }
      cluster.narrator.say("\(node) is forgotten")
    }
  }
}

/// The workers as a table.
func nodeTable(_ nodes: [NodeSummary], isWide: Bool) -> TextTable {
  var titles = ["NODE", "STATE", "THREADS>", "OBJECTS>", "STORED>", "FREE>", "LEASES>", "SEEN"]
  if isWide { titles += ["RACK", "DATA ENDPOINT", "FAILURES>", "VERSION"] }
  var table = TextTable(titles)
  for node in nodes {
    let state =
      node.setAsideMilliseconds > 0
      ? "\(node.state), set aside for \(readable(milliseconds: node.setAsideMilliseconds))"
      : "\(node.state)"
    var cells = [
      node.name.text, state, "\(node.threads)", grouped(node.objectCount),
      readable(bytes: node.byteCount), readable(bytes: node.freeBytes), "\(node.leaseCount)",
      "\(readable(milliseconds: node.silentMilliseconds)) ago",
    ]
    if isWide {
      cells += [node.rack, node.dataEndpoint, "\(node.failureCount)", node.software]
    }
    table.add(cells)
  }
  return table
}
