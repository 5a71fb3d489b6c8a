internal import CRdKafka
internal import Logging

extension ConsumerThread {
  /// Leaves the group and lets go of the client. The handlers of what is revoked run first.
  func shutDown() {
    mailbox.end(.success(nil)) { $0.shelf = Shelf() }
    leaveGroup()
    // Commits that are on their way are answered within a second or not at all.
    let deadline = Moment.now + .seconds(1)
    while !pending.isEmpty, !deadline.isPast {
      mailbox.monitor.wait(until: deadline) { $0.hasReplies }
      serve()
    }
    rd_kafka_consumer_close(handle.rk)
    let tooLate = mailbox.monitor.withLock { state in
      state.phase = .closed
      state.handle = nil
      defer { state.commands = [] }
      return state.commands
    }
    for command in tooLate { command(nil) }
    closeReplies()
  }

  /// An assignment that arrives while 2.0.2 closes hangs it: give everything back first.
  private func leaveGroup() {
    guard isSubscribed else {
      rd_kafka_assign(handle.rk, nil)
      return
    }
    rd_kafka_unsubscribe(handle.rk)
    let deadline = Moment.now + .seconds(3)
    repeat {
      let count = gather(timeout: 20)
      for index in 0..<count { rd_kafka_message_destroy(gathering[index]) }
      serve()
    } while !assignment.isEmpty && !deadline.isPast
  }
}
