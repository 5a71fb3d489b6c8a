import Kafka
import ServiceContextModule
public import Storage
import Tracing

/// What surrounds an event's payload: CloudEvents 1.0 attributes in the Kafka binary binding, one header each.
public struct Envelope: Hashable, Sendable {
  public var id: String
  /// `"/waybill/delivery"`
  public var source: String
  /// `"delivery.sent.v1"`
  public var type: String
  public var subject: String?
  public var time: Timestamp?
  public var correlationID: String?
  public var causationID: String?
  /// W3C trace context.
  public var traceparent: String?
  public var tracestate: String?
}

extension Envelope {
  /// - Returns: nil when an attribute that CloudEvents requires is missing: id, source, type or version 1.
  init?(headers: [RecordHeader]) {
    var values: [String: String] = [:]
    for header in headers where values[header.name] == nil {
      if let value = header.value { values[header.name] = String(decoding: value, as: UTF8.self) }
    }
    guard values["ce_specversion"]?.hasPrefix("1.") == true, let id = values["ce_id"], !id.isEmpty,
      let source = values["ce_source"], let type = values["ce_type"]
    else { return nil }
    self.init(
      id: id, source: source, type: type, subject: values["ce_subject"],
      time: values["ce_time"].flatMap { Timestamp($0) }, correlationID: values["ce_correlationid"],
      causationID: values["ce_causationid"],
      traceparent: values["ce_traceparent"] ?? values["traceparent"],
      tracestate: values["ce_tracestate"] ?? values["tracestate"])
  }

  /// What tells this event from every other: an id is unique within its source only (CloudEvents 1.0, section
  /// "id").
  var identity: String { "\(source)#\(id)" }

  /// Extensions carry the `ce_` prefix like every attribute; `traceparent` is written without it too,
  /// where tracing libraries of other consumers look for it.
  var headers: [RecordHeader] {
    var headers = [
      RecordHeader("ce_specversion", "1.0"),
      RecordHeader("ce_id", id),
      RecordHeader("ce_source", source),
      RecordHeader("ce_type", type),
      RecordHeader("content-type", "application/json"),
    ]
    func add(_ name: String, _ value: String?) {
      if let value { headers.append(RecordHeader(name, value)) }
    }
    add("ce_subject", subject)
    add("ce_time", time?.description)
    add("ce_correlationid", correlationID)
    add("ce_causationid", causationID)
    add("ce_traceparent", traceparent)
    add("traceparent", traceparent)
    add("tracestate", tracestate)
    return headers
  }

  /// The context of whatever this event leads to: the same story, caused by this event.
  var context: ServiceContext {
    var context = ServiceContext.topLevel
    InstrumentationSystem.instrument.extract(
      ["traceparent": traceparent, "tracestate": tracestate].compactMapValues { $0 }, into: &context,
      using: DictionaryExtractor())
    context.correlationID = correlationID ?? id
    context.causationID = id
    return context
  }
}

struct DictionaryExtractor: Extractor {
  func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

struct DictionaryInjector: Injector {
  func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
    carrier[key] = value
  }
}
