import Synchronization

/// Keeps the latest finished spans in memory; each one beyond the capacity pushes out the oldest.
public final class SpanBuffer: Sendable {
  public let capacity: Int
  private let ring: Mutex<Ring>

  private struct Ring {
    var spans: [SpanRecord] = []
    /// Where the oldest span stands once the ring is full.
    var oldest = 0
    var dropped = 0
  }

  /// - Parameter capacity: how many spans are kept, at least one.
  public init(capacity: Int = 10_000) {
    self.capacity = max(1, capacity)
    ring = Mutex(Ring())
  }

  public func append(_ span: SpanRecord) {
    ring.withLock { ring in
      guard ring.spans.count == capacity else {
        ring.spans.append(span)
        return
      }
      ring.spans[ring.oldest] = span
      ring.oldest = (ring.oldest + 1) % capacity
      ring.dropped += 1
    }
  }

  /// The spans kept, in the order in which they ended.
  public var spans: [SpanRecord] {
    ring.withLock { Array($0.spans[$0.oldest...] + $0.spans[..<$0.oldest]) }
  }

  /// The spans kept of one trace, in the order in which they ended.
  public func spans(of trace: TraceID) -> [SpanRecord] {
    spans.filter { $0.traceID == trace }
  }

  /// How many spans have been pushed out since the start.
  public var droppedCount: Int { ring.withLock { $0.dropped } }
}
