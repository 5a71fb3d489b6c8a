import Kafka
import Logging
import Synchronization

/// How much of its group's partitions a member owns.
final class Ownership: Sendable {
  private struct Part {
    var owned: Set<TopicPartition> = []
    /// How many there are altogether.
    var all: Int
  }

  private let part: Mutex<Part>
  private let topics: [Topic]
  private let wire: Wire
  private let logger: Logger
  private let share: @Sendable (Double) -> Void

  /// - Parameter share: told the part, from 0 to 1, whenever it changes.
  init(of topics: [Topic], _ wire: Wire, _ logger: Logger, share: @escaping @Sendable (Double) -> Void) {
    self.topics = topics
    self.wire = wire
    self.logger = logger
    self.share = share
    part = Mutex(Part(all: topics.reduce(0) { $0 + Int($1.partitions) }))
  }

  func change(_ rebalance: Rebalance) {
    part.withLock { part in
      switch rebalance {
      case .assigned(let partitions): part.owned.formUnion(partitions)
      case .revoked(let partitions), .lost(let partitions): part.owned.subtract(partitions)
      }
    }
    tell()
    // A topic may have more or fewer partitions than it was planned with. Not waited for: the rebalance goes on.
    if case .assigned = rebalance { Task { await count() } }
  }

  private func tell() {
    share(part.withLock { min(Double($0.owned.count) / Double(max($0.all, 1)), 1) })
  }

  private func count() async {
    do {
      let admin = try KafkaAdmin(wire.kafka, logger: logger)
      let names = Set(topics.map(\.name))
      let described: Result<[TopicDescription], any Error>
      do { described = .success(try await admin.topics()) } catch { described = .failure(error) }
      await admin.close()
      let found = try described.get().filter { names.contains($0.name) }.reduce(0) {
        $0 + $1.partitions.count
      }
      guard found > 0 else { return }
      part.withLock { $0.all = found }
      tell()
    } catch {
      logger.info(
        "How many partitions there are could not be asked; as many as planned are assumed",
        metadata: ["error": "\(error)"])
    }
  }
}
