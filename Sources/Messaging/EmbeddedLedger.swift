import Kafka
import Synchronization

/// What the embedded broker was given and who has taken it in.
///
/// That broker lives in memory and keeps about 5 MiB per partition. The ledger makes it safe all the same: a
/// published row is confirmed only when every consumer of its topic has committed it to its own store, no
/// more bytes are outstanding than the broker retains, and a restart publishes again what was not confirmed.
public final class EmbeddedLedger: Sendable {
  /// Per topic, so that it holds even if all keys fall into one partition of 5 MiB.
  private static let largestOutstanding = 2 << 20

  private struct Sent {
    let seq: Int64
    let offset: Int64
    let bytes: Int
  }

  private struct Entries {
    /// The consumer groups of each topic.
    var groups: [String: Set<String>] = [:]
    var sent: [String: [TopicPartition: [Sent]]] = [:]
    var handled: [TopicPartition: [String: Int64]] = [:]
    var outstanding: [String: [String: Int]] = [:]
    var confirmed: [String: [Int64]] = [:]
    /// Topics that had no room for a row, until half of what is outstanding is confirmed.
    var full: [String: Set<String>] = [:]
    var relieved: Set<String> = []
    var listeners: [String: AsyncStream<Void>.Continuation] = [:]
  }

  private let entries = Mutex(Entries())

  public init() {}

  /// Announces a consumer before anything is published.
  func expect(group: String, on topics: Set<String>) {
    entries.withLock { for topic in topics { $0.groups[topic, default: []].insert(group) } }
  }

  /// Wakes the relay of `service` when rows of its were confirmed.
  func confirmations(for service: String) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    entries.withLock { $0.listeners[service] = continuation }
    return stream
  }

  /// Notes acknowledged rows of `service`, in offset order per partition.
  /// - Returns: the rows that nobody in this process waits for: they are confirmed already.
  func sent(
    by service: String, _ rows: [(seq: Int64, place: TopicPartition, offset: Int64, bytes: Int)]
  ) -> Set<Int64> {
    entries.withLock { entries in
      var free: Set<Int64> = []
      var touched: Set<TopicPartition> = []
      for row in rows {
        guard entries.groups[row.place.topic]?.isEmpty == false else {
          free.insert(row.seq)
          continue
        }
        entries.sent[service, default: [:]][row.place, default: []].append(
          Sent(seq: row.seq, offset: row.offset, bytes: row.bytes))
        entries.outstanding[service, default: [:]][row.place.topic, default: 0] += row.bytes
        touched.insert(row.place)
      }
      // A fast consumer may have taken them in before the acknowledgement was seen here.
      for place in touched { confirm(place, &entries) }
      return free
    }
  }

  /// Notes that `group` has committed everything below `next` of `place` to its store.
  func handled(by group: String, _ next: [TopicPartition: Int64]) {
    entries.withLock { entries in
      for (place, offset) in next {
        let known = entries.handled[place]?[group] ?? 0
        entries.handled[place, default: [:]][group] = max(known, offset)
        confirm(place, &entries)
      }
    }
  }

  /// The rows of `service` confirmed since the last call, and whether a full topic has room again.
  func takeConfirmed(by service: String) -> (rows: [Int64], relieved: Bool) {
    entries.withLock { entries in
      (entries.confirmed.removeValue(forKey: service) ?? [], entries.relieved.remove(service) != nil)
    }
  }

  /// The topics on which `service` has to wait for its consumers.
  func fullTopics(of service: String) -> Set<String> {
    entries.withLock { $0.full[service] ?? [] }
  }

  /// The rows that the broker has room for now. Of a topic that is full nothing leaves after the first row
  /// that has to wait.
  func fitting(_ rows: [OutboxRow], of service: String) -> [OutboxRow] {
    entries.withLock { entries in
      var outstanding = entries.outstanding[service] ?? [:]
      var full = entries.full[service] ?? []
      let fitting = rows.filter { row in
        guard entries.groups[row.topic] != nil else { return true }
        let bytes = outstanding[row.topic, default: 0] + row.bytes
        guard !full.contains(row.topic), bytes <= Self.largestOutstanding else {
          full.insert(row.topic)
          return false
        }
        outstanding[row.topic] = bytes
        return true
      }
      entries.full[service] = full
      return fitting
    }
  }

  private func confirm(_ place: TopicPartition, _ entries: inout Entries) {
    guard let groups = entries.groups[place.topic] else { return }
    let handled = entries.handled[place] ?? [:]
    let floor = groups.map { handled[$0] ?? 0 }.min() ?? 0
    for service in entries.sent.keys {
      guard let sent = entries.sent[service]?[place], let first = sent.first, first.offset < floor
      else { continue }
      let done = sent.prefix { $0.offset < floor }
      entries.sent[service]?[place]?.removeFirst(done.count)
      entries.outstanding[service]?[place.topic]? -= done.reduce(0) { $0 + $1.bytes }
      entries.confirmed[service, default: []] += done.map(\.seq)
      let left = entries.outstanding[service]?[place.topic] ?? 0
      if left <= Self.largestOutstanding / 2, entries.full[service]?.remove(place.topic) != nil {
        entries.relieved.insert(service)
      }
      entries.listeners[service]?.yield()
    }
  }
}
