import Foundation
import HTTPTypes
import Hummingbird

/// What stands behind `/simulator`: what the source sends, and what it holds to be lost.
struct SourceControls: Sendable {
  let state: SourceState
  let orders: AsyncStream<SourceSimulator.Order>.Continuation

  func add(to router: Router<SimulatorContext>) {
    router.get("/simulator/stats") { _, _ in Answer.json(state.json) }
    router.post("/simulator/send") { request, _ in try await send(request) }
    router.post("/simulator/rate") { request, _ in try await rate(request) }
    router.post("/simulator/stop") { _, _ in
      orders.yield(.stop)
      return Answer.json(state.json)
    }
    router.delete("/simulator/stats") { _, _ in
      state.reset()
      return Response(status: .noContent)
    }
  }

  private func send(_ request: Request) async throws -> Response {
    guard let json = try await request.json(limit: 1 << 16), case .object = json else {
      return Answer.problem(.badRequest, "The body is not a JSON object.")
    }
    guard case .integer(let count)? = json["count"], (1...10_000_000).contains(count) else {
      return Answer.problem(.unprocessableContent, "\"count\" must be a whole number from 1 to 10000000.")
    }
    guard let rate = json["rate"]?.rate, rate > 0 else {
      return Answer.problem(
        .unprocessableContent,
        "\"rate\" must be a number above 0, up to \(SourceConfiguration.rates.upperBound).")
    }
    let prefix = json["prefix"]?.text ?? SourceSimulator.prefix()
    orders.yield(.run(SourceState.Run(prefix: prefix, rate: rate, count: count)))
    return Answer.json(
      ["prefix": .string(prefix), "count": .integer(count), "rate": .number(rate)], .accepted)
  }

  private func rate(_ request: Request) async throws -> Response {
    guard let json = try await request.json(limit: 1 << 16), let rate = json["rate"]?.rate else {
      return Answer.problem(
        .unprocessableContent, "\"rate\" must be a number from 0 to \(SourceConfiguration.rates.upperBound).")
    }
    orders.yield(
      rate == 0 ? .stop : .run(SourceState.Run(prefix: SourceSimulator.prefix(), rate: rate, count: nil)))
    return Answer.json(["rate": .number(rate)], .accepted)
  }
}

extension JSONValue {
  fileprivate var rate: Double? {
    let number: Double
    switch self {
    case .integer(let value): number = Double(value)
    case .number(let value): number = value
    default: return nil
    }
    return SourceConfiguration.rates.contains(number) ? number : nil
  }
}

extension SourceState {
  var json: JSONValue {
    let (counts, latencies) = (counts, latencies)
    let reasons = counts.lost.sorted { $0.key < $1.key }.map {
      JSONValue.Member(name: $0.key, value: .integer($0.value))
    }
    var members: [JSONValue.Member] = [
      .init(name: "sent", value: .integer(counts.sent)),
      .init(name: "accepted", value: .integer(counts.accepted)),
      .init(name: "lost", value: .integer(counts.allLost)),
      .init(name: "lostBy", value: .object(reasons)),
      .init(name: "pending", value: .integer(counts.pending)),
      .init(name: "rate", value: .number(rate)),
    ]
    if let latencies {
      members.append(
        .init(
          name: "latencyMs",
          value: [
            "p50": .number(latencies.p50), "p99": .number(latencies.p99), "p99.9": .number(latencies.p999),
            "max": .number(latencies.largest),
          ]))
    }
    return .object(members)
  }
}
