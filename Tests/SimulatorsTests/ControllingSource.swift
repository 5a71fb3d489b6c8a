import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// What stands behind `/simulator` of a source.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ControllingSource {
  @Test func `so many are sent as were asked for, and it is told of each run`() async throws {
    try await source { _, address, calls in
      let stats = try await address.sendEvents(7, rate: 1000, prefix: "one")
      #expect(calls.ids.sorted() == (1...7).map { "one-\($0)" })
      #expect(
        stats["runs"] == [
          [
            "prefix": "one", "rate": 1000, "count": 7, "sent": 7, "accepted": 7, "lost": 0, "isOver": true,
          ]
        ])
      #expect(stats["rate"] == 0)
    }
  }

  @Test func `no id is used twice, even under the same prefix`() async throws {
    try await source { _, address, calls in
      _ = try await address.sendEvents(5, rate: 1000, prefix: "p")
      _ = try await address.sendEvents(5, rate: 1000, prefix: "p")
      _ = try await address.sendEvents(5, rate: 1000)
      _ = try await address.sendEvents(5, rate: 1000)
      #expect(calls.all.count == 20)
      #expect(Set(calls.ids).count == 20)
      #expect(calls.ids.count { $0.hasPrefix("p-") } == 10)
    }
  }

  @Test func `runs go on beside each other`() async throws {
    try await source { simulator, address, calls in
      _ = try await address.send(.POST, "/simulator/rate", ["rate": 300])
      _ = try await address.send(.POST, "/simulator/send", ["count": 30, "rate": 300, "prefix": "a"])
      _ = try await address.send(.POST, "/simulator/send", ["count": 30, "rate": 300, "prefix": "b"])
      #expect(simulator.state.runs.count == 3)
      await calls.reach(30) { $0.id.hasPrefix("a-") }
      await calls.reach(30) { $0.id.hasPrefix("b-") }
      await calls.reach(30) { $0.id.hasPrefix("sim-") }
      #expect(simulator.state.rate == 300)
    }
  }

  @Test func `a steady flow starts, changes and stops`() async throws {
    try await source(configured { $0.rate = 200 }) { simulator, address, calls in
      await calls.reach(10)
      #expect(simulator.state.rate == 200)
      let changed = try await address.send(.POST, "/simulator/rate", ["rate": .number(400.5)])
      #expect(changed.status == 202)
      #expect(simulator.state.rate == 400.5)
      await calls.reach(30)
      let stopped = try await address.send(.POST, "/simulator/stop")
      #expect(stopped.status == 200)
      let sent = simulator.state.counts.sent
      #expect(simulator.state.rate == 0)
      // Whatever else were sent would come before the last of these.
      _ = try await address.sendEvents(40, rate: 200)
      #expect(simulator.state.counts.sent == sent + 40)
      _ = try await address.send(.POST, "/simulator/rate", ["rate": 500])
      _ = try await address.send(.POST, "/simulator/rate", ["rate": 0])
      #expect(simulator.state.rate == 0)
      #expect(!simulator.state.runs.map(\.isOver).contains(false))
    }
  }

  @Test func `a stop ends what would go on for an hour`() async throws {
    try await source { simulator, address, calls in
      _ = try await address.send(.POST, "/simulator/send", ["count": 5, "rate": .number(0.001)])
      await calls.reach(1)
      let stats = try await address.send(.POST, "/simulator/stop").json
      #expect(stats["runs"]?.elements.map { $0["isOver"] } == [true])
      #expect(simulator.state.counts.sent == 1)
    }
  }

  @Test(arguments: [
    ("send", "{}", 422), ("send", #"{"count":1}"#, 422), ("send", #"{"rate":1}"#, 422),
    ("send", #"{"count":0,"rate":1}"#, 422), ("send", #"{"count":1.5,"rate":1}"#, 422),
    ("send", #"{"count":1,"rate":0}"#, 422), ("send", #"{"count":1,"rate":1e-300}"#, 422),
    ("send", #"{"count":1,"rate":1e9}"#, 422), ("send", #"{"count":1,"rate":"1"}"#, 422),
    ("send", #"{"count":1,"rate":1,"prefix":5}"#, 422), ("send", #"{"count":1,"rate":1,"prefix":""}"#, 422),
    ("send", #"{"count":1,"rate":1,"prefix":"a\r\nb"}"#, 422), ("send", "[]", 400), ("send", "{", 400),
    ("rate", "{}", 422), ("rate", #"{"rate":-1}"#, 422), ("rate", #"{"rate":null}"#, 422), ("rate", "5", 400),
  ])
  func `what cannot be is refused, and nothing is sent`(_ path: String, _ body: String, _ status: Int)
    async throws
  {
    try await source { simulator, address, _ in
      let reply = try await address.send(.POST, "/simulator/\(path)", text: body)
      #expect(reply.status == status)
      #expect(reply.headers.first(name: "content-type") == "application/problem+json")
      #expect(simulator.state.runs.isEmpty)
    }
  }

  @Test func `a refused rate leaves the flow as it is`() async throws {
    try await source(configured { $0.rate = 100 }) { simulator, address, calls in
      await calls.reach(1)
      let reply = try await address.send(.POST, "/simulator/rate", ["rate": -1])
      #expect(reply.status == 422)
      #expect(simulator.state.rate == 100)
    }
  }

  @Test func `a reset forgets what was counted, not what is under way`() {
    let state = SourceState()
    let run = state.begin(SourceRun(prefix: "p", rate: 1, count: nil))
    let letters = (0..<3).compactMap { _ in state.next(of: run) }
    state.settle(letters[0], .accepted(after: .milliseconds(3)))
    state.settle(letters[1], .lost("late"))
    state.reset()
    #expect(state.counts == SourceState.Counts(sent: 1))
    #expect(state.latencies == nil)
    state.settle(letters[2], .accepted(after: .milliseconds(4)))
    #expect(state.counts.pending == 0)
    #expect(state.next(of: run)?.id == "p-4")
  }

  @Test func `runs that are over are remembered, but not all of them`() {
    let state = SourceState()
    let steady = state.begin(SourceRun(prefix: "steady", rate: 1, count: nil))
    for _ in 0..<500 {
      let run = state.begin(SourceRun(prefix: "p", rate: 1, count: 1))
      #expect(state.next(of: run) != nil)
      #expect(state.next(of: run) == nil)
    }
    #expect(state.runs.count <= 102)
    #expect(!state.isOver(steady))
  }

  @Test(
    arguments: [
      ([5], [5, 5, 5, 5]), (Array(1...100), [50, 99, 100, 100]), (Array(1...1000), [500, 990, 999, 1000]),
      ([2, 1], [1, 2, 2, 2]),
    ] as [([Int], [Double])])
  func `a percentile is the smallest that so many are not above`(_ values: [Int], _ expected: [Double]) throws
  {
    let latencies = try #require(Latencies(values.map { Float($0) }))
    #expect([latencies.p50, latencies.p99, latencies.p999, latencies.largest] == expected)
  }

  @Test func `a taken port is named, with the setting that changes it`() async throws {
    try await source { _, address, _ in
      var configuration = SourceConfiguration()
      configuration.port = address.port
      configuration.rate = 10
      let second = SourceSimulator(configuration: configuration, logger: .init(label: "test"))
      let error = await #expect(throws: SimulatorCannotListen.self) { try await second.run() }
      #expect(error?.description.contains("SOURCE_SIMULATOR_PORT") == true)
    }
  }
}

extension JSONValue {
  fileprivate var elements: [JSONValue] {
    if case .list(let elements) = self { elements } else { [] }
  }
}
