internal import CRdKafka
internal import Glibc
internal import Synchronization

/// Records sent together and the places where C writes what became of each.
///
/// `@unchecked Sendable`: `next` and the slots belong to one party at a time. First the task that
/// sends, which hands the batch to the producer's thread when the queue is full; a slot with an
/// accepted message belongs to the producer's thread. The sender reads slots only after
/// `complete()`, through the lock of `waiter`. Reading them earlier is a race.
///
/// librdkafka holds the batch through its messages' opaques, retained in `init` and given back in
/// `takeCompleted`, when the last message has reported. It reports every accepted message exactly
/// once, also those it purges or gives up.
final class SendBatch: @unchecked Sendable {
  /// Kept until every message has reported: large values are sent from here without a copy.
  let records: [ProducerRecord]
  /// The first record not yet handed to librdkafka.
  var next = 0

  private var sends: UnsafeMutablePointer<ckafka_sends>?
  private let waiter = Mutex(Waiter.nobody)

  private enum Waiter {
    case nobody
    case waiting(CheckedContinuation<Bool, Never>)
    case completed, detached
  }

  init(_ records: [ProducerRecord]) {
    self.records = records
    sends = ckafka_sends_new(records.count, Unmanaged.passRetained(self).toOpaque())
  }

  deinit { free(sends) }

  /// The batch behind a block of slots whose last message has reported.
  static func takeCompleted(_ sends: UnsafeMutablePointer<ckafka_sends>) -> SendBatch {
    Unmanaged<SendBatch>.fromOpaque(sends.pointee.owner).takeRetainedValue()
  }

  func slot(_ index: Int) -> UnsafeMutablePointer<ckafka_result> {
    ckafka_sends_result(sends, index)
  }

  /// Settles a record that librdkafka did not accept.
  func refuse(_ index: Int, _ error: KafkaError.Code) {
    slot(index).pointee.error = error.rawValue
    slot(index).pointee.status = Int32(RD_KAFKA_MSG_STATUS_NOT_PERSISTED.rawValue)
    if ckafka_settle(sends) != 0, let sends { SendBatch.takeCompleted(sends).complete() }
  }

  /// Gives up a batch of which no record was handed over.
  func abandon() {
    guard next == 0, let sends else { return }
    _ = SendBatch.takeCompleted(sends)
  }

  func complete() {
    let waiting: CheckedContinuation<Bool, Never>? = waiter.withLock { waiter in
      guard case .waiting(let continuation) = waiter else {
        if case .nobody = waiter { waiter = .completed }
        return nil
      }
      waiter = .completed
      return continuation
    }
    waiting?.resume(returning: true)
  }

  /// False when the task was cancelled before every message had reported.
  func wait() async -> Bool {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let known: Bool? = waiter.withLock { waiter in
          switch waiter {
          case .completed: return true
          case .detached: return false
          case .nobody, .waiting:
            waiter = .waiting(continuation)
            return nil
          }
        }
        if let known { continuation.resume(returning: known) }
      }
    } onCancel: {
      detach()
    }
  }

  private func detach() {
    let waiting: CheckedContinuation<Bool, Never>? = waiter.withLock { waiter in
      switch waiter {
      case .completed, .detached: return nil
      case .nobody:
        waiter = .detached
        return nil
      case .waiting(let continuation):
        waiter = .detached
        return continuation
      }
    }
    waiting?.resume(returning: false)
  }
}
