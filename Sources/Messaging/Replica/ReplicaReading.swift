import Foundation

/// What Litestream says and shows of one store, at about one moment: one thing is read after the other.
struct ReplicaReading: Equatable, Sendable {
  /// A place in the history of a store's log: Litestream numbers the logs it has seen, and counts bytes in each.
  struct Position: Comparable, Sendable {
    let index: Int
    let offset: Int

    static func < (one: Self, other: Self) -> Bool { (one.index, one.offset) < (other.index, other.offset) }
  }

  /// The name of an unbroken history; positions of two generations have nothing to do with each other.
  let generation: String
  /// How often the log was looked at, and how often in vain.
  let syncs: Int
  let failedSyncs: Int
  /// How far the log was copied on this machine, read last.
  let copied: Position
  /// How far the copy was sent to every replica; nil before anything was.
  let replicated: Position?

  /// The same but for the looking: nothing moved between two readings, so none of them is torn.
  func isSettled(since earlier: ReplicaReading) -> Bool {
    generation == earlier.generation && failedSyncs == earlier.failedSyncs && copied == earlier.copied
      && replicated == earlier.replicated
  }
}

/// Why nothing is known of a replica.
public enum ReplicaUnreadable: Error, Hashable, CustomStringConvertible {
  case noGeneration(file: String)
  case missing(metric: String, store: String)
  case ambiguous(store: String)

  public var description: String {
    switch self {
    case .noGeneration(let file): "Litestream has not begun to copy the store: there is no \(file)"
    case .missing(let metric, let store): "Litestream's metrics have no \(metric) of \(store)"
    case .ambiguous(let store): "Litestream copies more than one \(store)"
    }
  }
}

extension ReplicaReading {
  /// - Parameters:
  ///   - page: Litestream's metrics, in the text format of Prometheus.
  ///   - copied: from Litestream's folder, because the metrics have the size of all logs that were not yet deleted.
  ///   - store: the name of the store's file, without its folder.
  init(_ page: String, generation: String, copied: Position, store: String) throws(ReplicaUnreadable) {
    var numbers: [String: [String: Int]] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("litestream_") {
      guard let brace = line.firstIndex(of: "{"), let end = line.lastIndex(of: "}"),
        let value = Double(line[line.index(after: end)...].trimmingCharacters(in: .whitespaces)),
        value.magnitude < 1e15
      else { continue }
      let labels = String(line[brace...end])
      guard labels.contains("/\(store)\"") || labels.contains("\"\(store)\"") else { continue }
      numbers[String(line[..<brace]), default: [:]][labels] = Int(value)
    }
    func number(_ metric: String) throws(ReplicaUnreadable) -> Int {
      guard let values = numbers[metric], let value = values.values.first else {
        throw .missing(metric: metric, store: store)
      }
      guard values.count == 1 else { throw .ambiguous(store: store) }
      return value
    }
    self.generation = generation
    syncs = try number("litestream_sync_count")
    failedSyncs = try number("litestream_sync_error_count")
    self.copied = copied
    let offsets = numbers["litestream_replica_wal_offset"] ?? [:]
    replicated =
      (numbers["litestream_replica_wal_index"] ?? [:]).compactMap { labels, index in
        offsets[labels].map { Position(index: index, offset: $0) }
      }.min()
  }
}
