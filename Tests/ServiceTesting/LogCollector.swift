public import Logging
import Synchronization

/// Remembers every line, with all that is in it.
public final class LogCollector: Sendable {
  private let collected = Mutex<[String]>([])

  public init() {}

  public var lines: [String] { collected.withLock { $0 } }
  public var handler: some LogHandler { Handler(collector: self) }

  private struct Handler: LogHandler {
    let collector: LogCollector
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
      let error = event.error.map { "\($0)" } ?? ""
      collector.collected.withLock { $0.append("\(event.message) \(metadata) \(error)") }
    }
  }
}
