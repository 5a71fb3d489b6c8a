import Kafka
import Synchronization

/// The producer in use, which a clean stop takes away while the relay still waits for the broker.
final class CurrentProducer: Sendable {
  private struct State {
    var producer: KafkaProducer?
    var isClosed = false
  }

  private let state = Mutex(State())

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// - Returns: nil once closed.
  func get(orMake make: () throws -> KafkaProducer) throws -> KafkaProducer? {
    try state.withLock { state in
      guard !state.isClosed else { return nil }
      if state.producer == nil { state.producer = try make() }
      return state.producer
    }
  }

  func dropIfFatal() async {
    let broken = state.withLock { state -> KafkaProducer? in
      guard state.producer?.fatalError != nil else { return nil }
      defer { state.producer = nil }
      return state.producer
    }
    await broken?.close(within: .zero)
  }

  func close() async {
    let producer = state.withLock { state in
      state.isClosed = true
      return state.producer
    }
    await producer?.close(within: .zero)
  }
}
