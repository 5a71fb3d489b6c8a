import AsyncHTTPClient
import Foundation
import GRDB
import NIOCore
import NIOHTTP1
import Storage
import Testing

@testable import HTTPAPI

/// What the client of a live stream sees, over a real connection.
@Suite(.timeLimit(.minutes(1))) struct StreamingEvents {
  let bench: StreamBench

  init() throws { bench = try StreamBench() }

  private func add(_ count: Int = 1) async throws {
    try await bench.notes.store.write { work in
      for _ in 0..<count {
        try work.database.execute(
          sql: "INSERT INTO note (name) VALUES (?)", arguments: [UUIDv7.next()])
      }
      work.raiseOnCommit(CommitSignal("notes"))
    }
  }

  /// The notes of the store, in pages of seven.
  private func notes(_ call: Call) -> Reply {
    let store = bench.notes.store
    let start = call.lastEventID.flatMap { Int($0) } ?? 0
    let wakes: @Sendable () -> AsyncStream<Void> = { store.commits(raising: CommitSignal("notes")) }
    return .events(after: start, wakes: wakes) { position in
      let ids = try await store.read {
        try Int.fetchAll(
          $0, sql: "SELECT id FROM note WHERE id > ? ORDER BY id LIMIT 7", arguments: [position])
      }
      return EventPage(try ids.map { try Source.event($0) }, position: ids.last ?? position)
    }
  }

  @Test func `a client gets what there is, then each commit as it happens`() async throws {
    try await add(2)
    try await bench.serving(notes) { client in
      var reader = try await client.open()
      #expect(reader.response.status == .ok)
      #expect(reader.response.headers.first(name: "content-type") == "text/event-stream")
      #expect(reader.response.headers.first(name: "cache-control") == "no-store")
      #expect(reader.response.headers.first(name: "x-accel-buffering") == "no")
      var blocks: [String?] = []
      for _ in 0..<3 { blocks.append(try await reader.next()) }
      #expect(blocks == ["retry: 2000", Source.block(1), Source.block(2)])
      for number in 3...20 {
        try await add()
        let block = try await reader.next()
        #expect(block == Source.block(number))
      }
    }
  }

  @Test func `a client that comes back again and again misses nothing and sees nothing twice`()
    async throws
  {
    try await bench.serving(notes) { client in
      async let writing: Void = { for _ in 0..<60 { try await add(5) } }()
      var seen: [Int] = []
      while seen.count < 300 {
        var reader = try await client.open(lastEventID: seen.last.map { "\($0)" })
        // Some of what is sent is never read: the client goes before.
        for _ in 0..<40 where seen.count < 300 {
          guard let block = try await reader.next(), block != "retry: 2000" else { continue }
          seen.append(try #require(Int(block.dropFirst(4).prefix { $0 != "\n" })))
        }
      }
      try await writing
      #expect(seen == Array(1...300))
    }
  }

  @Test func `the head of the answer comes before there is anything to say`() async throws {
    let (releases, release) = AsyncStream.makeStream(of: Void.self)
    try await bench.serving { _ in
      .events(after: 0, wakes: Source.asleep) { position in
        _ = await releases.first { _ in true }
        return EventPage([try Source.event(1)], position: 1, isLast: true)
      }
    } _: { client in
      var reader = try await client.open()
      let opening = try await reader.next()
      #expect(opening == "retry: 2000")
      release.yield()
      let rest = try await reader.rest()
      #expect(rest == [Source.block(1)])
    }
  }

  @Test func `a thousand events in pages of ten arrive all, and in order`() async throws {
    try await bench.serving { _ in
      .events(after: 0, wakes: Source.asleep, next: Source.numbers(upTo: 1000, page: 10))
    } _: { client in
      var reader = try await client.open()
      let blocks = try await reader.rest()
      #expect(blocks == ["retry: 2000"] + (1...1000).map(Source.block))
    }
  }

  @Test func `the last page ends the answer as HTTP wants it, and the connection`() async throws {
    try await bench.serving { _ in
      .events(after: 0, wakes: Source.asleep, next: Source.numbers(upTo: 2, page: 10))
    } _: { client in
      let connection = try RawConnection(port: client.port)
      try connection.send(client.head())
      let text = try await connection.read()
      #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(text.lowercased().contains("\r\nconnection: close\r\n"))
      #expect(text.hasSuffix("\(Source.block(2))\n\n\r\n0\r\n\r\n"))
      let ended = await bench.streamsOpen(0)
      #expect(ended)
    }
    #expect(bench.warnings.isEmpty)
  }

  @Test func `a client that reads slowly gets all of it, to the last byte`() async throws {
    try await bench.serving { _ in
      .events(
        after: 0, wakes: Source.asleep, next: Source.numbers(upTo: 60, page: 4, bytes: 100_000))
    } _: { client in
      let connection = try RawConnection(port: client.port, buffer: 4096)
      try connection.send(client.head())
      let text = try await connection.read()
      #expect(text.hasSuffix("\n\n\r\n0\r\n\r\n"))
      #expect(text.components(separatedBy: "\nevent: number\n").count == 61)
    }
  }

  @Test func `a silent stream gives signs of life`() async throws {
    try await bench.serving(Source.silence(heartbeat: .milliseconds(20))) { client in
      var reader = try await client.open()
      for expected in ["retry: 2000"] + Array(repeating: ": still here", count: 5) {
        let block = try await reader.next()
        #expect(block == expected)
      }
    }
  }

  @Test func `one that is woken all the time, for nothing, gives signs of life as well`()
    async throws
  {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    try await bench.serving { _ in
      .events(after: 0, wakes: { wakes }, heartbeat: .milliseconds(20)) { position in
        wake.yield()
        return EventPage([], position: position)
      }
    } _: { client in
      var reader = try await client.open()
      for expected in ["retry: 2000"] + Array(repeating: ": still here", count: 5) {
        let block = try await reader.next()
        #expect(block == expected)
      }
    }
  }

  @Test func `a stream outlives the time that a connection may be idle`() async throws {
    let stream = Source.silence(heartbeat: .milliseconds(1200))
    try await bench.serving(stream, idleTimeout: .seconds(1)) { client in
      let idle = try RawConnection(port: client.port)
      var reader = try await client.open()
      for expected in ["retry: 2000", ": still here"] {
        let block = try await reader.next()
        #expect(block == expected)
      }
      // The time is in force: who says nothing is closed.
      let text = try await idle.read()
      #expect(text.isEmpty)
    }
  }

  @Test func `HEAD is answered with the head only, and opens no stream`() async throws {
    try await bench.serving { _ in
      .events(after: 0, wakes: Source.asleep, next: Source.numbers(upTo: 2, page: 10))
    } _: { client in
      let connection = try RawConnection(port: client.port)
      let second = "GET /health/live HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n"
      try connection.send(client.head("HEAD") + second)
      let head = try await connection.read(until: "\r\n\r\n")
      #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(head.contains("text/event-stream"))
      let next = try await connection.read()
      #expect(next.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(next.hasSuffix(#"{"status":"alive"}"#))
    }
    #expect(bench.openings == 0)
  }
}
