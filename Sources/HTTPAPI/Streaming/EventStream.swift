import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Storage
import Synchronization

/// A live stream to one client.
///
/// It is pulled, not pushed: it keeps nothing but the place of the last message it sent, and asks for the next
/// page when it is woken. So a client that reads slowly costs one page of memory and the buffers of its
/// connection, and what it misses meanwhile stays where it is, in the store. One that does not read at all is
/// cut off, and goes on later with `Last-Event-ID`.
struct EventStream: Sendable {
  /// Makes a source of pages for one client; each call of it gives the page after the one before.
  typealias Pages = @Sendable () -> (@Sendable () async throws -> Page)

  struct Page {
    let events: [ServerSentEvent]
    let isLast: Bool
  }

  let wakes: @Sendable () -> AsyncStream<Void>
  let pages: Pages
  let heartbeat: Duration
  let patience: Duration
  /// Nil for one that may stay open for ever.
  var lifetime: Duration?

  func body(
    of request: Request, in context: ConnectionContext, streams: OpenStreams
  ) -> ResponseBody {
    let requestBody = request.body
    return ResponseBody { writer in
      let line = Line(context.channel, patience: patience)
      streams.opened()
      defer { streams.closed() }
      do {
        try await requestBody.consumeWithCancellationOnInboundClose { _ in
          try await run(on: line, &writer)
        }
      } catch is CancellationError {
        // The client went away, or the service stops.
      } catch {
        guard line.wasCut else {
          context.logger.warning("A stream broke", metadata: ["error": "\(error)"])
          throw error
        }
        streams.cutOff()
        context.logger.info("A client that does not read was cut off", metadata: ["waited": "\(patience)"])
        throw error
      }
      try await writer.finish(nil)
    }
  }

  @concurrent
  private func run(on line: Line, _ writer: inout any ResponseBodyWriter) async throws {
    // Before the first look, so that no commit falls between the two.
    let turns = Turns(wakes(), heartbeat: heartbeat, lifetime: lifetime)
    defer { turns.end() }
    try await withGracefulShutdownHandler {
      try await run(turns, on: line, &writer)
    } onGracefulShutdown: {
      turns.end()
      line.close(within: .seconds(1))
    }
  }

  @concurrent
  private func run(_ turns: Turns, on line: Line, _ writer: inout any ResponseBodyWriter) async throws {
    // Says at once that the stream is open, and how soon to come back after it breaks.
    try await line.write(ByteBuffer(string: "retry: 2000\n\n"), &writer)
    let next = pages()
    for await turn in turns.stream {
      if case .beat = turn { try await line.write(ByteBuffer(string: ": still here\n\n"), &writer) }
      while true {
        let page = try await next()
        if !page.events.isEmpty {
          var buffer = ByteBuffer()
          for event in page.events { event.write(to: &buffer) }
          try await line.write(buffer, &writer)
        }
        if page.isLast { return }
        if page.events.isEmpty { break }
      }
    }
    try Task.checkCancellation()
  }
}

/// What a stream waits for: a commit that may have brought something, the time for a sign of life, its end.
private final class Turns: Sendable {
  enum Turn {
    case look, beat
  }

  let stream: AsyncStream<Turn>
  private let turn: AsyncStream<Turn>.Continuation
  private let tasks: [Task<Void, any Error>]

  init(_ wakes: AsyncStream<Void>, heartbeat: Duration, lifetime: Duration?) {
    let (stream, turn) = AsyncStream.makeStream(of: Turn.self, bufferingPolicy: .bufferingNewest(1))
    self.stream = stream
    self.turn = turn
    turn.yield(.look)
    var tasks = [
      Task { for await _ in wakes { turn.yield(.look) } },
      Task {
        while true {
          try await Task.sleep(for: heartbeat)
          turn.yield(.beat)
        }
      },
    ]
    if let lifetime {
      tasks.append(
        Task {
          try await Task.sleep(for: max(lifetime, .zero))
          turn.finish()
        })
    }
    self.tasks = tasks
  }

  func end() {
    turn.finish()
    for task in tasks { task.cancel() }
  }
}

/// The way to the client, with an end to waiting for it.
private final class Line: Sendable {
  private let channel: any Channel
  private let patience: TimeAmount
  private let isCut = Mutex(false)

  init(_ channel: any Channel, patience: Duration) {
    self.channel = channel
    self.patience = TimeAmount(patience)
  }

  var wasCut: Bool { isCut.withLock { $0 } }

  /// For a client that keeps a service from stopping.
  func close(within time: TimeAmount) {
    _ = channel.eventLoop.scheduleTask(in: time) { [channel] in channel.close(promise: nil) }
  }

  /// Waits until the connection takes more; closes it when that takes too long.
  @concurrent
  func write(_ buffer: ByteBuffer, _ writer: inout any ResponseBodyWriter) async throws {
    let alarm = channel.eventLoop.scheduleTask(in: patience) { [self] in
      isCut.withLock { $0 = true }
      channel.close(promise: nil)
    }
    defer { alarm.cancel() }
    try await writer.write(buffer)
  }
}
