import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

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
      await line.keepShort(context.logger)
      streams.opened()
      defer { streams.closed() }
      do {
        try await requestBody.consumeWithCancellationOnInboundClose { incoming in
          // Left unread, what a client sends along would hide that it goes.
          let reading = Task { for try await _ in incoming {} }
          defer { reading.cancel() }
          try await run(on: line, &writer)
        }
      } catch  where line.wasCut {
        streams.cutOff()
        context.logger.info("A client that does not read was cut off", metadata: ["waited": "\(patience)"])
        throw error
      } catch let error where error is Line.Lost || error is CancellationError {
        // The client went away, or did not read when the service stopped. Thrown on, it closes the connection.
        throw error
      } catch {
        context.logger.warning("A stream broke", metadata: ["error": "\(error)"])
        throw error
      }
    }
  }

  @concurrent
  private func run(on line: Line, _ writer: inout any ResponseBodyWriter) async throws {
    // Before the first look, so that no commit falls between the two.
    let turns = Turns(wakes(), heartbeat: heartbeat, lifetime: lifetime)
    defer { turns.end() }
    try await withGracefulShutdownHandler {
      try await tell(turns, on: line, &writer)
      try Task.checkCancellation()
      try await line.finish(&writer)
    } onGracefulShutdown: {
      turns.end()
      line.close(within: .seconds(1))
    }
  }

  @concurrent
  private func tell(_ turns: Turns, on line: Line, _ writer: inout any ResponseBodyWriter) async throws {
    // Says at once that the stream is open, and how soon to come back after it breaks.
    try await line.write(ByteBuffer(string: "retry: 2000\n\n"), &writer)
    let next = pages()
    for await _ in turns.stream {
      if turns.takeBeat() { try await line.write(ByteBuffer(string: ": still here\n\n"), &writer) }
      // Asked before each page: there may be no end of them.
      while !turns.areOver {
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
  }
}
