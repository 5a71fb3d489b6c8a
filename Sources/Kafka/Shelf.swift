/// What was fetched and not taken, because the task that asked for it was cancelled meanwhile: the
/// next that asks gets it, as far as it is still wanted then.
struct Shelf {
  private var ready: [ConsumerBatch] = []
  private var withheld: [ConsumerBatch] = []

  mutating func add(_ batch: ConsumerBatch) { ready.append(batch) }

  mutating func take() -> ConsumerBatch? { ready.isEmpty ? nil : ready.removeFirst() }

  /// Forgets the records of these partitions.
  mutating func remove(_ partitions: Set<TopicPartition>) {
    ready = ready.compactMap { $0.split(partitions).rest }
    withheld = withheld.compactMap { $0.split(partitions).rest }
  }

  /// Keeps the records of these partitions back until they are restored.
  mutating func withhold(_ partitions: Set<TopicPartition>) {
    let halves = ready.map { $0.split(partitions) }
    ready = halves.compactMap(\.rest)
    withheld += halves.compactMap(\.taken)
  }

  /// A paused partition is not fetched, so what was kept back is older than all that follows.
  mutating func restore(_ partitions: Set<TopicPartition>) {
    let halves = withheld.map { $0.split(partitions) }
    withheld = halves.compactMap(\.rest)
    ready += halves.compactMap(\.taken)
  }

  /// Where the application is in what lies here.
  var firstOffsets: [TopicPartition: Int64] {
    (withheld + ready).reduce(into: [:]) { offsets, batch in
      offsets.merge(batch.firstOffsets) { min($0, $1) }
    }
  }
}
