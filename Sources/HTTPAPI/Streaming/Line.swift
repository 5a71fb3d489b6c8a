import Hummingbird
import NIOCore
import Synchronization

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
