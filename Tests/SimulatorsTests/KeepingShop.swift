import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// The two services that orders depend on, as their real ones behave.
@Suite struct KeepingShop {
  private func products(
    slow: Int = 60_000, _ test: (ProductSimulator, Address) async throws -> Void
  ) async throws {
    var configuration = ShopConfiguration()
    configuration.slowMilliseconds = slow
    try await running({ ProductSimulator(configuration: configuration, logger: $0, onListening: $1) }, test)
  }

  private func users(_ test: (UserSimulator, Address) async throws -> Void) async throws {
    try await running(
      { UserSimulator(configuration: ShopConfiguration(), logger: $0, onListening: $1) }, test)
  }

  @Test func `the classic box is there after a fifth of a second`() async throws {
    try await products { _, shop in
      let started = ContinuousClock.now
      let answer = try await shop.send(.GET, "/products/classic-box")
      #expect(ContinuousClock.now - started >= .milliseconds(200))
      #expect(answer.status == 200)
      #expect(String(buffer: answer.body) == #"{"code":"classic-box","name":"Classic Box","price":9.99}"#)
    }
  }

  @Test func `the family box takes as long as it is told to`() async throws {
    try await products(slow: 300) { _, shop in
      let started = ContinuousClock.now
      let answer = try await shop.send(.GET, "/products/family-box")
      #expect(ContinuousClock.now - started >= .milliseconds(300))
      #expect(String(buffer: answer.body) == #"{"code":"family-box","name":"Family Box","price":14.99}"#)
    }
    let standard = try ShopConfiguration.products(environment: [:])
    #expect(standard.slowMilliseconds == 60_000 && standard.port == 8093)
    let told = try ShopConfiguration.products(environment: ["PRODUCT_SIMULATOR_SLOW_MS": "5"])
    #expect(told.slowMilliseconds == 5)
    let error = #expect(throws: SimulatorSettingError.self) {
      try ShopConfiguration.products(environment: ["PRODUCT_SIMULATOR_SLOW_MS": "soon"])
    }
    #expect(error?.key == "PRODUCT_SIMULATOR_SLOW_MS")
  }

  @Test func `the veggie box always fails, and what there is not is not found`() async throws {
    try await products { simulator, shop in
      for _ in 0..<3 {
        let answer = try await shop.send(.GET, "/products/veggie-box")
        #expect(answer.status == 500)
      }
      #expect(try await shop.send(.GET, "/products/no-box").status == 404)
      #expect(simulator.state.requests(for: "/products/veggie-box") == 3)
    }
  }

  @Test func `Ada is always well`() async throws {
    try await users { _, shop in
      for _ in 0..<2 {
        let started = ContinuousClock.now
        let answer = try await shop.send(.GET, "/users/7c11e1ce2741")
        #expect(ContinuousClock.now - started >= .milliseconds(300))
        #expect(
          String(buffer: answer.body) == #"{"id":"7c11e1ce2741","firstName":"Ada","lastName":"Lovelace"}"#)
      }
      #expect(try await shop.send(.GET, "/users/nobody").status == 404)
    }
  }

  @Test func `every other request for Alan fails, the first to begin with, whoever asks`() async throws {
    try await users { _, shop in
      var statuses: [Int] = []
      for _ in 0..<4 { statuses.append(try await shop.send(.GET, "/users/e6f24d7d1c7e").status) }
      #expect(statuses == [500, 200, 500, 200])
      let many = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let answer = try await shop.send(.GET, "/users/e6f24d7d1c7e")
            return answer.status
          }
        }
        return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      }
      #expect(many == [500: 10, 200: 10])
    }
  }

  @Test func `can be told to misbehave, and says how it was called`() async throws {
    try await products { _, shop in
      let path = "/simulator/behaviour"
      #expect(try await shop.send(.POST, path, ["garbage": .integer(1)]).status == 200)
      let garbage = try await shop.send(.GET, "/products/classic-box")
      #expect(garbage.status == 200 && (try? garbage.json) == nil)
      _ = try await shop.send(.POST, path, ["garbage": .integer(0), "bigAnswers": .integer(1)])
      #expect(try await shop.send(.GET, "/products/classic-box").body.readableBytes > 5 << 20)
      _ = try await shop.send(.POST, path, ["bigAnswers": .integer(0), "dropsBefore": .integer(1)])
      await #expect(throws: (any Error).self) { try await shop.send(.GET, "/products/classic-box") }
      _ = try await shop.send(
        .POST, path, ["dropsBefore": .integer(0), "outage": ["seconds": .integer(60)]])
      #expect(try await shop.send(.GET, "/products/classic-box").status == 503)
      _ = try await shop.send(
        .POST, path, ["outage": .null, "rate": .number(0.001), "burst": .integer(1)])
      #expect(try await shop.send(.GET, "/products/classic-box").status == 200)
      let throttled = try await shop.send(.GET, "/products/classic-box")
      #expect(throttled.status == 429 && throttled.headers.first(name: "retry-after") != nil)
      #expect(try await shop.send(.POST, path, ["wings": .integer(2)]).status == 422)
      #expect(try await shop.send(.POST, path, text: "{").status == 400)
      let stats = try await shop.send(.GET, "/simulator/stats").json
      #expect(stats["byPath"]?["/products/classic-box"] == .integer(6))
    }
  }
}
