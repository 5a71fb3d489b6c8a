import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RoomTesting
import ServiceLifecycle
import Storage
import Testing

@testable import HTTPAPI

/// A service with one live stream, on a real port.
struct StreamBench {
  let notes: NotesService
  let service = "streams-\(UUIDv7.next())"
  let logs = LogCollector()
  private let metrics = RecordingMetrics.shared

  init() throws { notes = try NotesService() }

  /// Somebody who talks to the service.
  struct Client {
    let port: Int
    let token: String
    let group: ServiceGroup

    func open(lastEventID: String? = nil) async throws -> EventReader {
      var headers = [("authorization", "Bearer \(token)")]
      if let lastEventID { headers.append(("last-event-id", lastEventID)) }
      return try await EventReader(port: port, path: "/stream", headers: headers)
    }

    /// The head of a request for the stream.
    func head(_ method: String = "GET", _ more: String = "") -> String {
      "\(method) /stream HTTP/1.1\r\nhost: here\r\nauthorization: Bearer \(token)\r\n\(more)\r\n"
    }
  }

  /// Serves the stream while `test` runs, then stops gracefully.
  func serving(
    _ answer: @escaping @Sendable (Call) async throws -> Reply,
    tokenLasts lifetime: Duration = .hours(1),
    idleTimeout: TimeAmount = .seconds(75), _ test: (Client) async throws -> Void
  ) async throws {
    let api = API(service: service, store: notes.store, verifier: notes.verifier, openapi: "")
    api.read("/stream", scope: "notes:read", answer)
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let application = Application.listening(
      api.responder(), host: "127.0.0.1", port: 0, logger: logs.logger, idleTimeout: idleTimeout
    ) { listening.yield($0) }
    let group = ServiceGroup(
      services: [application], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let token = try await notes.issuer.token("k1", expires: notes.time.now + lifetime)
    async let running: Void = group.run()
    if let port = await ports.first(where: { _ in true }) {
      try await test(Client(port: port, token: token, group: group))
    }
    await group.triggerGracefulShutdown()
    try await running
  }

  /// Waits until so many streams are open; false when the test has run out of time.
  func streamsOpen(_ count: Double) async -> Bool {
    let values = metrics.values("http.streams.open", [("service", service), ("route", "/stream")])
    return await values.first { $0 == count } != nil
  }

  /// How often the number of open streams has changed.
  var openings: Int {
    metrics.count("http.streams.open", [("service", service), ("route", "/stream")])
  }

  var cutOff: Int {
    metrics.count("http.streams.cut.off", [("service", service), ("route", "/stream")])
  }

  var warnings: [LogCollector.Entry] { logs.entries.filter { $0.level >= .warning } }
}

/// Where a stream of a test comes from.
enum Source {
  /// Wakes by nothing.
  static let asleep: @Sendable () -> AsyncStream<Void> = { AsyncStream { _ in } }

  /// The numbers after a position, in pages; the last one is the last of the stream.
  static func numbers(upTo last: Int, page: Int, bytes: Int = 0)
    -> @Sendable (Int) throws -> EventPage<Int>
  {
    { position in
      let numbers = Array(position..<min(position + page, last)).map { $0 + 1 }
      return EventPage(
        try numbers.map { try event($0, bytes: bytes) }, position: numbers.last ?? position,
        isLast: numbers.last == last)
    }
  }

  /// A stream that says nothing but that it is there.
  static func silence(heartbeat: Duration) -> @Sendable (Call) -> Reply {
    { _ in
      .events(after: 0, wakes: asleep, heartbeat: heartbeat, patience: .hours(1)) {
        EventPage([], position: $0)
      }
    }
  }

  /// A stream that always has more to say.
  static let endless: @Sendable (Call) -> Reply = { _ in
    .events(after: 0, wakes: asleep, next: numbers(upTo: .max, page: 1))
  }

  static func event(_ number: Int, bytes: Int = 0) throws -> ServerSentEvent {
    try ServerSentEvent(
      id: "\(number)", event: "number", json: String(repeating: "x", count: bytes))
  }

  /// How ``event(_:bytes:)`` looks on the wire.
  static func block(_ number: Int) -> String { "id: \(number)\nevent: number\ndata: \"\"" }
}
