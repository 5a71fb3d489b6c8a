import Logging
import NIOCore
import ServiceLifecycle
import Storage
import Synchronization
import Testing

@testable import HTTPAPI

/// How live streams end: none is kept for a client that is not there, or not entitled, or not reading.
@Suite(.timeLimit(.minutes(1))) struct EndingStreams {
  let bench: StreamBench

  init() throws { bench = try StreamBench() }

  /// Says nothing, so that only what the test does can end it.
  private static let silent = Source.silence(heartbeat: .hours(1))

  /// Has always more to say: a megabyte a page.
  private static func heavy(patience: Duration, asked: Counter = Counter())
    -> @Sendable (Call) -> Reply
  {
    { _ in
      .events(after: 0, wakes: Source.asleep, heartbeat: .hours(1), patience: patience) {
        position in
        asked.count()
        let numbers = position + 1...position + 64
        return EventPage(
          try numbers.map { try Source.event($0, bytes: 1 << 14) }, position: position + 64)
      }
    }
  }

  final class Counter: Sendable {
    private let times = Mutex(0)

    func count() { times.withLock { $0 += 1 } }
    var asked: Int { times.withLock { $0 } }
  }

  /// A client that asks for the stream and never reads, once the stream is open.
  private func unreading(_ client: StreamBench.Client, _ more: String = "", body: String = "")
    async throws
    -> RawConnection
  {
    let connection = try RawConnection(port: client.port, buffer: 4096)
    try connection.send(client.head("GET", more) + body)
    let opened = await bench.streamsOpen(1)
    #expect(opened)
    return connection
  }

  @Test func `a client that never reads is cut off, and costs a few pages at most`() async throws {
    let counter = Counter()
    try await bench.serving(Self.heavy(patience: .milliseconds(300), asked: counter)) { client in
      let connection = try await unreading(client)
      let ended = await bench.streamsOpen(0)
      #expect(ended)
      #expect((1...3).contains(counter.asked))
      #expect(bench.cutOff == 1)
      withExtendedLifetime(connection) {}
    }
    let line = bench.logs.entries.first { $0.message == "A client that does not read was cut off" }
    #expect(line?.level == .info)
    #expect(bench.warnings.isEmpty)
  }

  @Test func `a client that leaves the last page unread does not keep its stream`() async throws {
    try await bench.serving { _ in
      .events(after: 0, wakes: Source.asleep, patience: .milliseconds(300)) { position in
        EventPage([try Source.event(1, bytes: 1 << 25)], position: 1, isLast: true)
      }
    } _: { client in
      let connection = try await unreading(client)
      let ended = await bench.streamsOpen(0)
      #expect(ended)
      withExtendedLifetime(connection) {}
    }
    #expect(bench.cutOff == 1)
  }

  @Test func `a client that goes away ends its stream, although nothing is sent`() async throws {
    try await bench.serving(Self.silent) { client in
      let connection = try await unreading(client)
      connection.goAway()
      let ended = await bench.streamsOpen(0)
      #expect(ended)
    }
    #expect(bench.warnings.isEmpty)
    #expect(bench.cutOff == 0)
  }

  @Test func `a client that goes away ends its stream, although it left much unread`() async throws {
    try await bench.serving(Self.heavy(patience: .hours(1))) { client in
      let connection = try await unreading(client)
      connection.goAway()
      let ended = await bench.streamsOpen(0)
      #expect(ended)
    }
    #expect(bench.warnings.isEmpty)
  }

  @Test func `a client that says good-bye and leaves all unread cannot keep its stream`()
    async throws
  {
    try await bench.serving(Self.heavy(patience: .hours(1))) { client in
      let connection = try await unreading(client)
      connection.halfClose()
      let ended = await bench.streamsOpen(0)
      #expect(ended)
      withExtendedLifetime(connection) {}
    }
    #expect(bench.warnings.isEmpty)
  }

  @Test func `a client cannot hide that it goes behind what it sends along`() async throws {
    try await bench.serving(Self.silent) { client in
      let body = String(repeating: "x", count: 4 << 20)
      let connection = try await unreading(
        client, "content-length: \(body.utf8.count)\r\n", body: body)
      connection.goAway()
      let ended = await bench.streamsOpen(0)
      #expect(ended)
    }
  }

  @Test func `a graceful stop ends an idle stream at once, and cleanly`() async throws {
    try await bench.serving(Self.silent) { client in
      var reader = try await client.open()
      let opening = try await reader.next()
      #expect(opening == "retry: 2000")
      await client.group.triggerGracefulShutdown()
      let rest = try await reader.rest()
      #expect(rest.isEmpty)
    }
    #expect(bench.warnings.isEmpty)
  }

  @Test func `a graceful stop ends a stream that has always more to say, and cleanly`() async throws {
    try await bench.serving(Source.endless) { client in
      var reader = try await client.open()
      _ = try await reader.next()
      await client.group.triggerGracefulShutdown()
      let rest = try await reader.rest()
      #expect(rest == (1..<1 + rest.count).map(Source.block))
    }
  }

  @Test func `a client that does not read keeps a stop waiting for a second, not longer`()
    async throws
  {
    let clock = ContinuousClock()
    var stop = clock.now
    try await bench.serving(Self.heavy(patience: .hours(1))) { client in
      let connection = try await unreading(client)
      stop = clock.now
      await client.group.triggerGracefulShutdown()
      let ended = await bench.streamsOpen(0)
      #expect(ended)
      withExtendedLifetime(connection) {}
    }
    #expect(clock.now - stop < .seconds(10))
    #expect(bench.warnings.isEmpty)
  }

  @Test func `a stream ends with the token that opened it`() async throws {
    try await bench.serving(Self.silent, tokenLasts: .milliseconds(200)) { client in
      var reader = try await client.open()
      let blocks = try await reader.rest()
      #expect(blocks == ["retry: 2000"])
    }
    #expect(bench.warnings.isEmpty)
  }

  @Test func `so does one that has always more to say`() async throws {
    try await bench.serving(Source.endless, tokenLasts: .milliseconds(200)) { client in
      var reader = try await client.open()
      let blocks = try await reader.rest()
      #expect(blocks == ["retry: 2000"] + (1..<blocks.count).map(Source.block))
    }
  }

  @Test func `a token for the end of time opens a stream like any other`() async throws {
    let forever = Duration.milliseconds(Int64.max - bench.notes.time.now.milliseconds)
    let stream = Source.silence(heartbeat: .milliseconds(20))
    try await bench.serving(stream, tokenLasts: forever) { client in
      var reader = try await client.open()
      for expected in ["retry: 2000", ": still here", ": still here"] {
        let block = try await reader.next()
        #expect(block == expected)
      }
    }
  }

  @Test func `a token that expires under an unread stream does not keep it`() async throws {
    try await bench.serving(
      Self.heavy(patience: .milliseconds(500)), tokenLasts: .milliseconds(100)
    ) {
      client in
      let connection = try await unreading(client)
      let ended = await bench.streamsOpen(0)
      #expect(ended)
      withExtendedLifetime(connection) {}
    }
  }

  @Test func `what goes wrong with the next page breaks the stream, and is logged`() async throws {
    struct Melted: Error {}
    try await bench.serving { _ in
      .events(after: 0, wakes: Source.asleep) { position in
        guard position == 0 else { throw Melted() }
        return EventPage([try Source.event(1)], position: 1)
      }
    } _: { client in
      let connection = try RawConnection(port: client.port)
      try connection.send(client.head())
      let text = try await connection.read()
      #expect(text.contains(Source.block(1)))
      // Not the end of a whole answer: the client knows that it was cut short, and comes back.
      #expect(!text.hasSuffix("0\r\n\r\n"))
      let ended = await bench.streamsOpen(0)
      #expect(ended)
    }
    #expect(bench.warnings.map(\.message) == ["A stream broke"])
    #expect(bench.warnings.first?.metadata["error"] == "Melted()")
    #expect(bench.cutOff == 0)
  }
}
