import Foundation
import HTTPTypes
import Hummingbird

/// What stands behind `/simulator`: how the target behaves, and what it has received.
struct TargetControls: Sendable {
  let state: TargetState

  func add(to router: Router<SimulatorContext>) {
    router.get("/simulator/behaviour") { _, _ in behaviour() }
    router.post("/simulator/behaviour") { request, _ in try await change(request) }
    router.get("/simulator/stats") { _, _ in Answer.json(state.statistics.json) }
    router.get("/simulator/events") { request, _ in events(request) }
    router.delete("/simulator/events") { _, _ in
      state.reset()
      return Response(status: .noContent)
    }
  }

  private func behaviour() -> Response {
    guard case .object(let members) = state.behaviour.json else { return Answer.json(.null) }
    // The token itself is never told.
    let token = JSONValue.Member(name: "tokenRequired", value: .boolean(state.requiresToken))
    return Answer.json(.object(members + [token]))
  }

  private func change(_ request: Request) async throws -> Response {
    guard let json = try await request.json(limit: 1 << 20), case .object(let members) = json else {
      return Answer.problem(.badRequest, "The body is not a JSON object.")
    }
    do throws(MalformedRequest) {
      let token = members.last { $0.name == "token" }
      if let token, token.value != .null, token.value.text?.isEmpty != false {
        throw MalformedRequest("\"token\" must be null or a string.")
      }
      let others = JSONValue.object(members.filter { $0.name != "token" })
      try state.change { behaviour throws(MalformedRequest) in try behaviour.change(others, now: Date()) }
      if let token { state.require(token: token.value.text) }
      return behaviour()
    } catch {
      return Answer.problem(.unprocessableContent, error.message)
    }
  }

  private func events(_ request: Request) -> Response {
    do throws(MalformedRequest) {
      let after = try request.integer("after", default: 0, in: 0...Int.max)
      let limit = try request.integer("limit", default: 100, in: 1...10_000)
      let (events, total) = state.page(from: after, limit: limit)
      let isLast = events.isEmpty || after + events.count >= total
      return Answer.json([
        "events": .list(events.enumerated().map { $0.element.json(sequence: after + $0.offset + 1) }),
        "next": isLast ? .null : .integer(after + events.count), "total": .integer(total),
      ])
    } catch {
      return Answer.problem(.unprocessableContent, error.message)
    }
  }
}

extension ReceivedEvent {
  fileprivate func json(sequence: Int) -> JSONValue {
    [
      "sequence": .integer(sequence), "id": .string(id), "name": .string(name), "brand": .string(brand),
      "times": .integer(times), "firstAt": .string(firstAt.rfc3339), "lastAt": .string(lastAt.rfc3339),
      "idempotencyKey": idempotencyKey.map { .string($0) } ?? .null,
    ]
  }
}
