import Hummingbird
import Logging
import NIOCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The way to the client, with an end to waiting for it.
final class Line: Sendable {
  /// There is no client any more.
  struct Lost: Error {
    let reason: any Error
  }

  private let channel: any Channel
  private let patience: TimeAmount
  private let isCut = Mutex(false)

  init(_ channel: any Channel, patience: Duration) {
    self.channel = channel
    self.patience = TimeAmount(patience)
  }

  /// How much may wait in the kernel, in bytes. Left to itself it takes megabytes for a client that reads none.
  private static let unsent: SocketOptionValue = 1 << 17

  /// Has the kernel take only a little more than the network does.
  ///
  /// Source: `TCP_NOTSENT_LOWAT` in tcp(7). A kernel without it costs memory, not the stream.
  @concurrent
  func keepShort(_ logger: Logger) async {
    let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_NOTSENT_LOWAT))
    do {
      try await channel.setOption(option, value: Self.unsent).get()
    } catch {
      logger.debug("The kernel keeps its own measure of unsent bytes", metadata: ["error": "\(error)"])
    }
  }

  /// Whether the client was given up because it did not read.
  var wasCut: Bool { isCut.withLock { $0 } }

  /// For a client that keeps a service from stopping.
  func close(within time: TimeAmount) {
    _ = channel.eventLoop.scheduleTask(in: time) { [channel] in channel.close(promise: nil) }
  }

  /// Waits until the connection takes more; closes it when that takes too long.
  @concurrent
  func write(_ buffer: ByteBuffer, _ writer: inout any ResponseBodyWriter) async throws(Lost) {
    let alarm = alarm()
    defer { alarm.cancel() }
    do {
      try await writer.write(buffer)
      // The writer only hands it to the event loop, and takes the next as long as that has not looked. Without
      // waiting for the loop, a busy one would be handed page after page for a client that reads none.
      try await channel.eventLoop.submit {}.get()
    } catch {
      throw Lost(reason: error)
    }
  }

  /// The same for the end of the answer.
  @concurrent
  func finish(_ writer: inout any ResponseBodyWriter) async throws(Lost) {
    let alarm = alarm()
    defer { alarm.cancel() }
    do { try await writer.finish(nil) } catch { throw Lost(reason: error) }
  }

  private func alarm() -> Scheduled<Void> {
    channel.eventLoop.scheduleTask(in: patience) { [self] in
      isCut.withLock { $0 = true }
      channel.close(promise: nil)
    }
  }
}
