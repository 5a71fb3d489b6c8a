import Foundation
import HTTPTypes
import Hummingbird

/// What stands behind `/simulator`: what the source sends, and what it holds to be lost.
struct SourceControls: Sendable {
  let state: SourceState
  let pacemaker: Pacemaker

  func add(to router: Router<SimulatorContext>) {
    router.get("/simulator/stats") { _, _ in Answer.json(state.json) }
    router.delete("/simulator/stats") { _, _ in
      state.reset()
      return Response(status: .noContent)
    }
    router.post("/simulator/send") { request, _ in
      try await change(request) { json throws(MalformedRequest) in try send(json) }
    }
    router.post("/simulator/rate") { request, _ in
      try await change(request) { json throws(MalformedRequest) in try setRate(json) }
    }
    router.post("/simulator/stop") { _, _ in
      pacemaker.end()
      return Answer.json(state.json)
    }
  }

  private func change(
    _ request: Request, _ take: (JSONValue) throws(MalformedRequest) -> SourceRun?
  ) async throws -> Response {
    guard let json = try await request.json(limit: 1 << 16), case .object = json else {
      return Answer.problem(.badRequest, "The body is not a JSON object.")
    }
    do throws(MalformedRequest) {
      guard let run = try take(json) else { return Answer.json(["rate": 0], .accepted) }
      pacemaker.begin(run)
      return Answer.json(run.json, .accepted)
    } catch {
      return Answer.problem(.unprocessableContent, error.message)
    }
  }

  /// Beside whatever runs already.
  private func send(_ json: JSONValue) throws(MalformedRequest) -> SourceRun {
    guard case .integer(let count)? = json["count"], (1...10_000_000).contains(count) else {
      throw MalformedRequest("\"count\" must be a whole number from 1 to 10000000.")
    }
    let rate = try rate(json, from: SourceConfiguration.slowest)
    return SourceRun(prefix: try prefix(json), rate: rate, count: count)
  }

  /// Instead of the rate until now.
  private func setRate(_ json: JSONValue) throws(MalformedRequest) -> SourceRun? {
    let rate = try rate(json, from: 0)
    pacemaker.end { $0.count == nil }
    guard rate > 0 else { return nil }
    return SourceRun(
      prefix: Self.newPrefix(), rate: max(rate, SourceConfiguration.slowest), count: nil)
  }

  private func rate(_ json: JSONValue, from lowest: Double) throws(MalformedRequest) -> Double {
    let member = JSONValue.Member(name: "rate", value: json["rate"] ?? .null)
    guard member.value != .null else { throw MalformedRequest("\"rate\" is missing: events a second.") }
    return try member.number(0, in: lowest...SourceConfiguration.rates.upperBound)
  }

  private func prefix(_ json: JSONValue) throws(MalformedRequest) -> String {
    guard let given = json["prefix"], given != .null else { return Self.newPrefix() }
    // An id is a header's value too, when it is signed.
    guard let text = given.text, (1...100).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0.continuesName || "-.:".utf8.contains($0) })
    else { throw MalformedRequest("\"prefix\" must be 1 to 100 letters, digits, or of - . : _") }
    return text
  }

  /// No two simulators, nor two runs of one, have the same.
  static func newPrefix() -> String { "sim-\(UUID().uuidString.prefix(8).lowercased())" }
}
