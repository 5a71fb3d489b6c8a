import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

@testable import Simulators

/// A small server at which a source can call, and which notes who did.
struct Listener: Service {
  struct Call: Sendable {
    let id: String
    let headers: HTTPFields
    let body: ByteBuffer
    /// The port that it came from.
    let connection: Int?
  }

  typealias Reply = @Sendable (Call, SimulatorContext) async throws -> Response

  let calls = Calls()
  private let server: SimulatorServer

  init(_ logger: Logger, _ onListening: @escaping @Sendable (Int) -> Void, _ reply: @escaping Reply) {
    let router = Router(context: SimulatorContext.self)
    router.post("/events") { [calls] request, context in
      let body = try await request.body.collect(upTo: 1 << 20)
      let call = Call(
        id: try JSONValue(parsing: body)["id"]?.text ?? "", headers: request.headers, body: body,
        connection: context.channel.remoteAddress?.port)
      calls.note(call)
      return try await reply(call, context)
    }
    server = SimulatorServer(
      responder: router.buildResponder(), host: "127.0.0.1", port: 0, setting: "", logger: logger,
      onListening: onListening)
  }

  func run() async throws { try await server.run() }
}

/// The calls so far, for those who look, and those who wait.
final class Calls: Sendable {
  private let contents = Mutex<[Listener.Call]>([])
  private let changes = AsyncStream.makeStream(of: Void.self)

  var all: [Listener.Call] { contents.withLock { $0 } }
  var ids: [String] { all.map(\.id) }

  func note(_ call: Listener.Call) {
    contents.withLock { $0.append(call) }
    changes.continuation.yield()
  }

  /// Waits for so many that are meant. One may wait at a time.
  func reach(_ count: Int, where isMeant: (Listener.Call) -> Bool = { _ in true }) async {
    if all.count(where: isMeant) >= count { return }
    for await _ in changes.stream where all.count(where: isMeant) >= count { return }
  }
}

/// A source that calls at a listener. It is a patient one: what is not about time does not depend on it.
func source(
  _ configuration: SourceConfiguration = SourceConfiguration(), patience: Duration = .seconds(60),
  reply: @escaping Listener.Reply = { _, _ in Response(status: .accepted) },
  _ test: (SourceSimulator, Address, Calls) async throws -> Void
) async throws {
  let listener = { Listener($0, $1, reply) }
  try await running(listener) { listener, place in
    var configuration = configuration
    configuration.port = 0
    if configuration.url == SourceConfiguration().url {
      configuration.url = "http://127.0.0.1:\(place.port)/events"
    }
    let ready = configuration
    let source = {
      SourceSimulator(configuration: ready, patience: patience, logger: $0, onListening: $1)
    }
    try await running(source) { try await test($0, $1, listener.calls) }
  }
}

func configured(_ change: (inout SourceConfiguration) -> Void) -> SourceConfiguration {
  var configuration = SourceConfiguration()
  change(&configuration)
  return configuration
}

extension Address {
  /// Has so many events sent, and waits until it is known of each what became of it.
  func sendEvents(_ count: Int, rate: Double, prefix: String? = nil) async throws -> JSONValue {
    let before = try await send(.GET, "/simulator/stats").json
    let body: JSONValue = [
      "count": .integer(count), "rate": .number(rate), "prefix": prefix.map { .string($0) } ?? .null,
    ]
    try #require(try await send(.POST, "/simulator/send", body).status == 202)
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let now = try await send(.GET, "/simulator/stats").json
      if now.count("sent") == before.count("sent") + count, now["pending"] == 0 { return now }
      try #require(.now < deadline, "\(now)")
    }
  }
}

extension JSONValue {
  func count(_ name: String) -> Int {
    if case .integer(let count)? = self[name] { count } else { 0 }
  }
}
