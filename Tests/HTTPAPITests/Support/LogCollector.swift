import Logging
import Synchronization

/// A logger that remembers.
final class LogCollector: Sendable {
  struct Entry: Sendable {
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata
  }

  private let collected = Mutex<[Entry]>([])

  var entries: [Entry] { collected.withLock { $0 } }

  var logger: Logger {
    var logger = Logger(label: "test", factory: { _ in Handler(collector: self) })
    logger.logLevel = .debug
    return logger
  }

  private func add(_ entry: Entry) {
    collected.withLock { $0.append(entry) }
  }

  private struct Handler: LogHandler {
    let collector: LogCollector
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
      collector.add(Entry(level: event.level, message: "\(event.message)", metadata: metadata))
    }
  }
}
