internal import CRdKafka

extension ConsumerBatch {
  /// The next offset to read of every partition in the batch: what to commit once all is done.
  public var nextOffsets: [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    for run in runs { offsets[run.place] = self[run.range.upperBound - 1].offset + 1 }
    return offsets
  }

  var firstOffsets: [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    for run in runs.reversed() { offsets[run.place] = self[run.range.lowerBound].offset }
    return offsets
  }

  /// Neighbours of one partition, since they come in long runs.
  private var runs: [(place: TopicPartition, range: Range<Int>)] {
    var runs: [(place: TopicPartition, range: Range<Int>)] = []
    var last: (topic: OpaquePointer?, partition: Int32) = (nil, -1)
    for index in 0..<count {
      read(index) { message in
        if message.pointee.rkt == last.topic, message.pointee.partition == last.partition {
          runs[runs.count - 1].range = runs[runs.count - 1].range.lowerBound..<index + 1
        } else {
          last = (message.pointee.rkt, message.pointee.partition)
          let place = TopicPartition(topic: topic(last.topic), partition: last.partition)
          runs.append((place, index..<index + 1))
        }
      }
    }
    return runs
  }

  /// Two batches of this one: the records of these partitions, and the others. Only for a batch
  /// nobody has seen, which is empty afterwards.
  func split(_ partitions: Set<TopicPartition>) -> (taken: ConsumerBatch?, rest: ConsumerBatch?) {
    let runs = runs
    let taken = runs.filter { partitions.contains($0.place) }.map(\.range)
    if taken.isEmpty { return (nil, self) }
    if taken.count == runs.count { return (self, nil) }
    let rest = runs.filter { !partitions.contains($0.place) }.map(\.range)
    let halves = (moving(taken), moving(rest))
    release()
    return halves
  }
}
