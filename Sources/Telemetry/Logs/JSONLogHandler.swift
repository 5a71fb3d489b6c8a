public import Logging
import Tracing

/// Writes each log event as one JSON object on one line.
///
/// The keys `time` (RFC 3339, UTC, milliseconds), `level`, `logger` and `message` come first, then the
/// metadata under its own dotted keys, sorted. A metadata key that would hide one of them is kept as
/// `metadata.<key>`. The value of a key that names a secret is replaced by `[redacted]`.
public struct JSONLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let output: LogOutput
  private let now: @Sendable () -> DefaultTracerClock.Timestamp

  /// A handler for the logger with this label; by default each line carries the current trace and span.
  public init(
    label: String, level: Logger.Level = .info, output: LogOutput = .standardOutput,
    metadataProvider: Logger.MetadataProvider? = .traceContext
  ) {
    self.init(
      label: label, level: level, output: output, metadataProvider: metadataProvider,
      now: { DefaultTracerClock.now })
  }

  init(
    label: String, level: Logger.Level, output: LogOutput,
    metadataProvider: Logger.MetadataProvider?,
    now: @escaping @Sendable () -> DefaultTracerClock.Timestamp
  ) {
    self.label = label
    self.logLevel = level
    self.output = output
    self.metadataProvider = metadataProvider
    self.now = now
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var line = JSONLine()
    line.beginObject()
    line.field("time", time: now())
    line.field("level", event.level.rawValue)
    line.field("logger", label)
    line.field("message", event.message.description)
    if let error = event.error {
      line.field("error.type", String(reflecting: type(of: error)))
      line.field("error.message", String(describing: error))
    }
    let everything = merged(with: event.metadata)
    for (key, value) in everything.sorted(by: { $0.key < $1.key }) {
      line.field(free(key, among: everything, hasError: event.error != nil), value)
    }
    line.endObject()
    output.write(line.terminated())
  }

  /// What is said closest to the event wins: the statement over the context over the logger.
  private func merged(with explicit: Logger.Metadata?) -> Logger.Metadata {
    var all = metadata
    if let provided = metadataProvider?.get(), !provided.isEmpty {
      all.merge(provided) { _, new in new }
    }
    if let explicit, !explicit.isEmpty {
      all.merge(explicit) { _, new in new }
    }
    return all
  }

  private func free(_ key: String, among everything: Logger.Metadata, hasError: Bool) -> String {
    switch key {
    case "time", "level", "logger", "message": break
    case "error.type", "error.message": if !hasError { return key }
    default: return key
    }
    var name = "metadata." + key
    while everything[name] != nil { name = "metadata." + name }
    return name
  }
}
