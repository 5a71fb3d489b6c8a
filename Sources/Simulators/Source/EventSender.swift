import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Sends events, each once and never again: what gets no 2xx within half a second is lost.
///
/// The pace does not depend on the answers: a real source does not wait either.
struct EventSender: Sendable {
  /// How long the answer may take.
  static let patience = Duration.milliseconds(500)

  let url: String
  let key: String?
  let signer: WebhookSigner?
  let state: SourceState
  let client: HTTPClient

  /// Sends until `run` is over or this task is cancelled. What is under way then is waited for nevertheless: its
  /// answer counts.
  func send(_ run: SourceState.Run) async {
    let start = ContinuousClock.now
    var number = 0
    while number < run.count ?? .max, !Task.isCancelled {
      let due = start + .seconds(Double(number) / run.rate)
      if due > .now { try? await Task.sleep(until: due, tolerance: .zero, clock: .continuous) }
      guard !Task.isCancelled else { return }
      number += 1
      let (id, place) = ("\(run.prefix)-\(number)", number)
      Task { await send(id, place) }
    }
    state.rate = 0
  }

  private func send(_ id: String, _ number: Int) async {
    let now = Date()
    let body = JSONValue.object([
      .init(name: "id", value: .string(id)), .init(name: "name", value: "order.placed"),
      .init(name: "body", value: .string(#"{"order":\#(number),"customer":"Ada Lovelace","total":"12.50"}"#)),
      .init(name: "timestamp", value: .string(now.rfc3339)),
    ]).bytes
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers = ["content-type": "application/json"]
    if let signer {
      for (name, value) in signer.headers(id: id, body: body, at: now) {
        request.headers.add(name: name, value: value)
      }
    } else if let key {
      request.headers.add(name: "authorization", value: "Bearer \(key)")
    }
    request.body = .bytes(ByteBuffer(bytes: body))
    state.sent()
    let start = ContinuousClock.now
    do {
      let answer = try await client.execute(request, timeout: TimeAmount(Self.patience))
      let duration = ContinuousClock.now - start
      guard duration <= Self.patience else { return state.lost("late") }
      guard (200..<300).contains(answer.status.code) else {
        return state.lost("status \(answer.status.code)")
      }
      state.accepted(after: duration / .milliseconds(1))
    } catch let error as HTTPClientError where error == .deadlineExceeded {
      state.lost("late")
    } catch {
      state.lost("no answer")
    }
  }
}
