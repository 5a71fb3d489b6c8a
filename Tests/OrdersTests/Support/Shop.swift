import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The two services that orders depend on, in the hand of a test: every request is answered as the test says, when
/// the test says.
final class Shop: Sendable {
  struct Answer: Sendable {
    let status: HTTPResponse.Status
    let body: String

    static func user(_ id: String, _ first: String, _ last: String) -> Answer {
      Answer(status: .ok, body: #"{"id":"\#(id)","firstName":"\#(first)","lastName":"\#(last)"}"#)
    }
    static func product(_ code: String, _ name: String, _ price: String) -> Answer {
      Answer(status: .ok, body: #"{"code":"\#(code)","name":"\#(name)","price":\#(price)}"#)
    }
    static let notFound = Answer(status: .notFound, body: "{}")
    static let failure = Answer(status: .internalServerError, body: "{}")
  }

  private struct State {
    var answers: [String: Answer] = [:]
    var held: Set<String> = []
    var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    var arrivals: [CheckedContinuation<Void, Never>] = []
    var requests: [String: Int] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  init() {
    self["/users/7c11e1ce2741"] = .user("7c11e1ce2741", "Ada", "Lovelace")
    self["/users/e6f24d7d1c7e"] = .user("e6f24d7d1c7e", "Alan", "Turing")
    self["/products/classic-box"] = .product("classic-box", "Classic Box", "9.99")
    self["/products/family-box"] = .product("family-box", "Family Box", "14.99")
    self["/products/veggie-box"] = .failure
  }

  /// What a path answers; nil for what there is not.
  subscript(path: String) -> Answer? {
    get { state.withLock { $0.answers[path] } }
    set { state.withLock { $0.answers[path] = newValue } }
  }

  /// Requests for the path, or for all that begins with it, are answered only when it is released.
  func hold(_ path: String) {
    state.withLock { _ = $0.held.insert(path) }
  }

  func release(_ path: String) {
    let waiting = state.withLock { state in
      state.held.remove(path)
      let matching = state.waiting.keys.filter { $0.hasPrefix(path) }
      return matching.flatMap { state.waiting.removeValue(forKey: $0) ?? [] }
    }
    for continuation in waiting { continuation.resume() }
  }

  /// How often the path was asked for.
  func requests(_ path: String) -> Int { state.withLock { $0.requests[path] ?? 0 } }

  /// Waits until the path has been asked for so often.
  func requested(_ path: String, _ times: Int = 1) async {
    while requests(path) < times {
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if (state.requests[path] ?? 0) >= times { return true }
          state.arrivals.append(continuation)
          return false
        }
        if isThere { continuation.resume() }
      }
    }
  }

  private func arrive(_ path: String) async -> Answer {
    let (arrivals, isHeld) = state.withLock { state in
      state.requests[path, default: 0] += 1
      defer { state.arrivals = [] }
      return (state.arrivals, state.held.contains { path.hasPrefix($0) })
    }
    for continuation in arrivals { continuation.resume() }
    if isHeld {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard state.held.contains(where: { path.hasPrefix($0) }), !state.isClosed else { return true }
          state.waiting[path, default: []].append(continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    }
    return self[path] ?? .notFound
  }

  /// Lets everybody go who still waits, now and from now on.
  private func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return state.waiting.values.flatMap { $0 }
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Serves around `body`, which is told the address.
  func open(_ body: @Sendable (String) async throws -> Void) async throws {
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let router = Router()
    for collection in ["users", "products"] {
      router.get("/\(collection)/{name}") { [self] request, _ in
        let answer = await arrive(request.uri.path)
        return Response(
          status: answer.status, headers: [.contentType: "application/json"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
      }
    }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0), backlog: 1024),
      onServerRunning: { listening.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let group = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { listening.finish() }
        try await group.run()
      }
      let result: Result<Void, any Error>
      do {
        if let port = await ports.first(where: { _ in true }) { try await body("http://127.0.0.1:\(port)") }
        result = .success(())
      } catch {
        result = .failure(error)
      }
      close()
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
  }
}
