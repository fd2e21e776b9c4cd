import Blocks
import Coordination
import Messages

/// A client: goes through its tasks one after the other, asks again where no answer comes, and checks
/// what it is told.
final class Client {
  let number: Int
  let place: Int
  var connection = Connection(number: 0, machine: 0)
  var chance: Chance
  var tasks: [ClientTask] = []
  /// The task being done.
  var current = 0
  /// Where it is in it; each task begins at 0.
  var step = ClientStep.begin
  /// The request that waits for an answer.
  var asked: (id: RequestID, request: ClientRequest, attempts: Int)?
  /// Counts up so that an old alarm wakes nobody.
  var wake = 0
  var ingest = IngestWork()
  var job = JobWork()

  init(number: Int, chance: Chance) {
    self.number = number
    place = 200 + number
    self.chance = chance
  }

  var task: ClientTask? { current < tasks.count ? tasks[current] : nil }

  var isDone: Bool { task == nil }

  /// A new request's number.
  func newID() -> RequestID { RequestID(DataSetID(high: chance.bits(), low: chance.bits())) }

  /// What is known of an ingest under way.
  struct IngestWork {
    var id = RequestID(.none)
    var chunks: [[UInt8]] = []
    /// The first chunk that the coordinator has not taken.
    var next = 0
    /// The first chunk that was not sent since the last alarm.
    var sent = 0
    var credits = 1
    var attempts = 0
  }

  /// What is known of a job under way.
  struct JobWork {
    var submission = RequestID(.none)
    var id: JobID?
    var submittedAt: UInt64 = 0
    var wasCancelled = false
    /// Levels that it knows to be closed.
    var closedLevels = 0
    var results: ResultDescription?
    /// Objects of the result, as they arrive: the items, then the levels.
    var objects: [[UInt8]] = []
  }
}

/// Where a client is in a task.
enum ClientStep {
  case begin, opening, putting, closing, abandoning
  case submitting, submittingAgain, following, cancelling, openingResults, fetching, removing
  case waiting
}

/// Something a client wants done.
enum ClientTask {
  case ingest(dataSet: Int)
  case abandonIngest(dataSet: Int, name: String, saysSo: Bool)
  case mine(JobPlan)
  case verify(dataSet: Int)
  case status
  case drain(worker: Int)
  case remove(dataSet: Int)
}

/// A job that a client is going to submit.
struct JobPlan {
  var dataSet: Int
  var minimumSupport: String
  var minimumCount: UInt64
  var maximumLevel: Int?
  var submitsTwice: Bool
  var cancels: Bool
  var removes: Bool
}

extension World {
  /// Asks, and asks again with the same number until there is an answer.
  func ask(_ client: Client, _ request: ClientRequest, id: RequestID) {
    client.asked = (id, request, 0)
    sendRequest(client)
  }

  private func sendRequest(_ client: Client) {
    guard var asked = client.asked else { return }
    if asked.attempts > 0 {
      probes.hit(.requestRepeated)
      if mutant == .requestRenumbered { asked.id = client.newID() }
    }
    asked.attempts += 1
    client.asked = asked
    if asked.attempts % 2 == 0 { connect(client) }
    post(asked.request, id: asked.id, from: client)
    alarm(client, after: 300_000 + 20 * network.delay.upperBound)
  }

  func post(_ request: ClientRequest, id: RequestID, from client: Client) {
    digest.add(id.id.low)
    note("client \(client.number) asks \(brief(request))")
    let target = coordinators[client.connection.machine]
    post(
      Parcel(
        from: client.place, to: target.place,
        content: .request(
          request, id: id, machine: target.number, connection: client.connection)))
  }

  func connect(_ client: Client) {
    client.connection = Connection(number: client.connection.number + 1, machine: primary)
  }

  /// Wakes a client after some time, unless something else happens to it first.
  func alarm(_ client: Client, after delay: UInt64) {
    client.wake += 1
    add(.wakeClient(client.number, wake: client.wake), after: delay)
  }

  func wakeUp(_ client: Client, wake: Int) {
    guard client.wake == wake else { return }
    if client.asked != nil { return sendRequest(client) }
    advance(client)
  }

  /// Goes on to the next task.
  func finishTask(_ client: Client) {
    client.current += 1
    client.step = .begin
    client.asked = nil
    alarm(client, after: client.chance.duration(0...200_000))
  }

  /// Tries the same step again later.
  func tryLater(_ client: Client) {
    client.asked = nil
    connect(client)
    alarm(client, after: client.chance.duration(50_000...300_000))
  }

  /// Begins a task or goes on with it.
  func advance(_ client: Client) {
    guard let task = client.task else { return }
    switch task {
    case .ingest(let dataSet):
      advanceIngest(client, dataSet: dataSet, name: scenario.dataSets[dataSet].name)
    case .abandonIngest(let dataSet, let name, _):
      advanceIngest(client, dataSet: dataSet, name: name)
    case .mine(let plan): advanceJob(client, plan)
    default: advanceOther(client, task)
    }
  }

  func answered(_ client: Client, _ response: ClientResponse, id: RequestID) {
    guard let task = client.task else { return }
    note("client \(client.number) hears \(brief(response))")
    if case .putting = client.step {
      // All numbers of an ingest's requests begin alike; others belong to one that was given up.
      guard id.id.high == client.ingest.id.id.high else { return }
      return answeredChunk(client, response, task)
    }
    guard let asked = client.asked, asked.id == id else { return }
    client.asked = nil
    switch task {
    case .ingest(let dataSet): answeredIngest(client, response, dataSet: dataSet)
    case .abandonIngest(let dataSet, _, _): answeredIngest(client, response, dataSet: dataSet)
    case .mine(let plan): answeredJob(client, response, plan)
    default: answeredOther(client, response, task)
    }
  }
}
