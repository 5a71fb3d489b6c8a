import HTTPTypes
import Hummingbird
public import NIOCore

/// What a request brought along, as it came.
public struct RawBody: Sendable {
  public let bytes: ByteBuffer
  /// False for a body that is longer than the limit: then this is its beginning.
  public let isWhole: Bool

  /// - Throws: ``IncomingBody/Broken`` when the client went away, or took longer than `patience`: then its
  ///   connection is closed, because one that sends a byte now and then could keep it for ever.
  init(_ request: Request, limit: Int, patience: Duration, on channel: any Channel) async throws {
    let announced = request.headers[.contentLength].flatMap { Int($0) }
    var alarm: Scheduled<Void>?
    defer { alarm?.cancel() }
    var bytes = ByteBuffer()
    do {
      for try await part in request.body {
        let room = limit - bytes.readableBytes
        guard part.readableBytes <= room else {
          bytes.writeImmutableBuffer(part.getSlice(at: part.readerIndex, length: room) ?? ByteBuffer())
          self.bytes = bytes
          isWhole = false
          return
        }
        if bytes.readableBytes == 0 {
          bytes = part
        } else {
          bytes.writeImmutableBuffer(part)
        }
        // Most come at once. One that never begins is ended by the server's own time-out.
        if alarm == nil, bytes.readableBytes != announced {
          alarm = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { channel.close(promise: nil) }
        }
      }
    } catch {
      throw IncomingBody.Broken(reason: error)
    }
    self.bytes = bytes
    isWhole = true
  }
}
