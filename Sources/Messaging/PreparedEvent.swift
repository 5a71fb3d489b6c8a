import Foundation
import ServiceContextModule
import Tracing

/// An event that was written as JSON ahead of the unit of work that publishes it, on behalf of the task that
/// prepared it: the store's one writing thread only inserts it.
public struct PreparedEvent: Sendable {
  let name: String
  let topic: Topic
  let key: String
  let payload: Data
  let trace: Trace

  public init<Published: Event>(_ event: Published) throws {
    name = Published.name
    topic = Published.topic
    key = event.key
    payload = try EventCoding.encoder.encode(event)
    trace = Trace(ServiceContext.current ?? .topLevel)
  }

  /// The id of the trace it belongs to, as 32 hexadecimal digits; nil without one.
  public var traceID: String? { trace.id }
}

/// Where a message stands in a trace, as W3C Trace Context writes it.
struct Trace: Sendable {
  let parent: String?
  let state: String?

  init(_ context: ServiceContext) {
    var carrier: [String: String] = [:]
    InstrumentationSystem.instrument.inject(context, into: &carrier, using: DictionaryInjector())
    parent = carrier["traceparent"]
    state = carrier["tracestate"]
  }

  /// version-trace-span-flags, of 2, 32, 16 and 2 hexadecimal digits: W3C Trace Context, section 3.2.
  var id: String? {
    guard let parent, parent.utf8.count >= 35 else { return nil }
    return String(parent.utf8.dropFirst(3).prefix(32))
  }
}
