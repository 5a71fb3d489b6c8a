import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// What stands behind `/simulator`, and the settings.
@Suite struct ControllingTarget {
  @Test func `a change names what changes, and nothing else`() async throws {
    try await target { simulator, address in
      _ = try await address.send(.POST, "/simulator/behaviour", ["rate": 5, "burst": 7, "poison": ["x"]])
      let reply = try await address.send(.POST, "/simulator/behaviour", ["rate": nil, "nonNull": true])
      #expect(reply.status == 200)
      let behaviour = simulator.state.behaviour
      #expect(behaviour.rate == nil)
      #expect(behaviour.burst == 7)
      #expect(behaviour.poison == ["x"])
      #expect(behaviour.nonNull)
      let shown = try await address.send(.GET, "/simulator/behaviour")
      #expect(shown.body == reply.body)
    }
  }

  @Test(arguments: [
    #"{"rat":1}"#, #"{"rate":-1}"#, #"{"burst":0}"#, #"{"burst":1.5}"#, #"{"latencyMs":"1"}"#,
    #"{"hangs":2}"#,
    #"{"dropsBefore":0.6,"dropsAfter":0.6}"#, #"{"poison":"x"}"#, #"{"poison":[1]}"#, #"{"nonNull":1}"#,
    #"{"outage":5}"#, #"{"outage":{}}"#, #"{"outage":{"seconds":1,"answer":"x"}}"#, #"{"token":5}"#,
    #"{"token":""}"#, #"{"rate":3,"burst":-1}"#,
  ])
  func `what cannot be is refused, and nothing changes`(_ text: String) async throws {
    try await target { simulator, address in
      let before = simulator.state.behaviour
      let reply = try await address.send(.POST, "/simulator/behaviour", text: text)
      #expect(reply.status == 422)
      #expect(reply.headers.first(name: "content-type") == "application/problem+json")
      #expect(simulator.state.behaviour == before)
      #expect(!simulator.state.requiresToken)
      #expect(try await address.send(.POST, "/simulator/behaviour", text: "[").status == 400)
    }
  }

  @Test func `what was received is told page by page, and forgotten on command`() async throws {
    try await target { simulator, address in
      _ = try await address.create((0..<5).map { event("e\($0)") })
      let first = try await address.send(.GET, "/simulator/events?limit=2").json
      #expect(first.ids == ["e0", "e1"])
      #expect(first["next"] == 2)
      #expect(first["total"] == 5)
      let last = try await address.send(.GET, "/simulator/events?after=3&limit=2").json
      #expect(last.ids == ["e3", "e4"])
      #expect(last["next"] == .null)
      #expect(try await address.send(.GET, "/simulator/events?after=99").json.ids == [])
      #expect(try await address.send(.GET, "/simulator/events?after=x").status == 422)
      let statistics = try await address.send(.GET, "/simulator/stats").json
      #expect(statistics["events"] == 5)
      #expect(statistics["byStatus"] == ["200": 1])
      #expect(try await address.send(.DELETE, "/simulator/events").status == 204)
      #expect(simulator.state.events.isEmpty)
      #expect(simulator.state.statistics == TargetStatistics())
    }
  }

  @Test func `settings are read, and a wrong one is named without its value`() throws {
    let configuration = try TargetConfiguration(environment: [
      "TARGET_SIMULATOR_PORT": "9", "TARGET_SIMULATOR_RATE": "20", "TARGET_SIMULATOR_TOKEN": "t",
      "TARGET_SIMULATOR_POISON": "a,b", "TARGET_SIMULATOR_NON_NULL": "1",
    ])
    #expect(configuration.port == 9)
    #expect(configuration.behaviour.rate == 20)
    #expect(configuration.behaviour.burst == 20)
    #expect(configuration.behaviour.poison == ["a", "b"])
    #expect(configuration.behaviour.nonNull)
    #expect(configuration.token == "t")
    #expect(try TargetConfiguration(environment: [:]).behaviour == Behaviour())
    for key in ["TARGET_SIMULATOR_HANGS", "TARGET_SIMULATOR_RATE", "TARGET_SIMULATOR_PORT"] {
      let error = #expect(throws: SimulatorSettingError.self) {
        try TargetConfiguration(environment: [key: "-77"])
      }
      #expect(error?.key == key)
      #expect(error?.description.contains("77") == false)
    }
  }
}

extension JSONValue {
  fileprivate var ids: [String?] {
    guard case .list(let events)? = self["events"] else { return [] }
    return events.map { $0["id"]?.text }
  }
}
