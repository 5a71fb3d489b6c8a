import Foundation
import Kafka
import Messaging
import RoomTesting
import Storage
import Synchronization
import Testing

/// Litestream's metrics and files, as a test wants them to be.
final class FakeLitestream: Sendable {
  struct State {
    var syncs = 10
    var failed = 0
    var isFailing = false
    var copied = (index: 0, offset: 4_152)
    var replicated: (index: Int, offset: Int)?
    /// What is committed now and then is sent at once.
    var isMoving = false
    /// The page cannot be had.
    var isAway = false
    var listeners: [AsyncStream<Void>.Continuation] = []
  }

  struct Away: Error {}

  private let state = Mutex(State())
  private let folder: String
  private let store: String

  init(_ store: Store) throws {
    let file = URL(fileURLWithPath: store.file)
    self.store = file.path
    folder = file.deletingLastPathComponent().path + "/.\(file.lastPathComponent)-litestream"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func begin(_ generation: String) throws {
    try Data("\(generation)\n".utf8).write(to: URL(fileURLWithPath: folder + "/generation"), options: .atomic)
  }

  /// Logs that were copied before stay for a while beside the last one.
  private static func write(_ copied: (index: Int, offset: Int), to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0...copied.index {
      let path = "\(folder)/0000000\(index).wal"
      if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.truncate(atOffset: UInt64(index == copied.index ? copied.offset : 4_000_000))
      try file.close()
    }
  }

  func change(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }

  /// Waits until the relay has looked so many times from now on.
  func looked(_ times: Int) async {
    let (looks, listener) = AsyncStream.makeStream(of: Void.self)
    state.withLock { $0.listeners.append(listener) }
    var left = times
    for await _ in looks {
      left -= 1
      if left == 0 { return }
    }
  }

  var replica: Replica {
    Replica { [self] in
      try state.withLock { state in
        for listener in state.listeners { listener.yield() }
        // Each look of the relay finds that Litestream has looked again.
        state.syncs += 1
        if state.isFailing { state.failed += 1 }
        if state.isAway { throw Away() }
        if state.isMoving, state.syncs.isMultiple(of: 4) {
          state.copied.offset += 4_120
          state.replicated = state.copied
        }
        let generation = try String(contentsOfFile: folder + "/generation", encoding: .utf8)
          .trimmingCharacters(in: .newlines)
        try Self.write(state.copied, to: "\(folder)/generations/\(generation)/wal")
        var page = """
          # HELP litestream_sync_count Number of sync operations performed
          litestream_sync_count{db="/elsewhere.sqlite"} 1
          litestream_sync_count{db="\(store)"} \(state.syncs)
          litestream_sync_error_count{db="\(store)"} \(state.failed)

          """
        if let replicated = state.replicated {
          page += """
            litestream_replica_wal_index{db="\(store)",name="s3"} \(replicated.index)
            litestream_replica_wal_offset{db="\(store)",name="s3"} \(Double(replicated.offset))

            """
        }
        return page
      }
    }
  }
}

@Suite("Following the replica", .timeLimit(.minutes(1)))
struct FollowingReplicas {
  let bench = try! TestBench()

  private func published(_ store: Store) async throws -> Int {
    try await store.count("SELECT count(*) FROM outbox WHERE state = 2")
  }

  private func relay(_ store: Store, _ litestream: FakeLitestream) -> OutboxRelay {
    OutboxRelay(
      store: store, wire: Wire(cluster: bench.kafka), after: litestream.replica, logger: bench.logger)
  }

  @Test func `an event leaves when the replica holds it, and not before`() async throws {
    let store = try bench.store("writer")
    let litestream = try FakeLitestream(store)
    try litestream.begin("aaaa")
    try await store.publish([Counted(id: "a", number: 1)])
    try await bench.running([relay(store, litestream)]) {
      litestream.change { $0.isMoving = true }
      try await store.until { try await published(store) == 1 }
      litestream.change { $0.isMoving = false }
      // The second one is seen by Litestream, and not yet sent.
      litestream.change { $0.copied = (1, 4_152) }
      try await store.publish([Counted(id: "a", number: 2)])
      await litestream.looked(20)
      #expect(try await published(store) == 1)
      litestream.change { $0.replicated = (1, 4_152) }
      try await store.until { try await published(store) == 2 }
    }
    try await store.close()
  }

  @Test func `a position that is left from the generation before counts for nothing`() async throws {
    let store = try bench.store("writer")
    let litestream = try FakeLitestream(store)
    try litestream.begin("aaaa")
    litestream.change {
      $0.copied = (3, 9_000)
      $0.replicated = (2, 9_000)
    }
    try await store.publish([Counted(id: "a", number: 1)])
    try await bench.running([relay(store, litestream)]) {
      await litestream.looked(10)
      // An upload of the old history ends when the new one has begun, at a place that exists in both.
      try litestream.begin("bbbb")
      litestream.change { $0.copied = (3, 9_500) }
      await litestream.looked(10)
      litestream.change { $0.replicated = (3, 9_500) }
      await litestream.looked(20)
      #expect(try await published(store) == 0)
      litestream.change { $0.replicated = (0, 4_152) }
      await litestream.looked(5)
      #expect(try await published(store) == 0)
      litestream.change { $0.replicated = (3, 9_500) }
      try await store.until { try await published(store) == 1 }
    }
    try await store.close()
  }

  @Test func `looks that failed prove nothing`() async throws {
    let store = try bench.store("writer")
    let litestream = try FakeLitestream(store)
    try litestream.begin("aaaa")
    try await store.publish([Counted(id: "a", number: 1)])
    try await bench.running([relay(store, litestream)]) {
      litestream.change { $0.isMoving = true }
      try await store.until { try await published(store) == 1 }
      litestream.change { $0.isMoving = false }
      litestream.change { $0.isFailing = true }
      try await store.publish([Counted(id: "a", number: 2)])
      await litestream.looked(20)
      #expect(try await published(store) == 1)
      litestream.change { $0.isFailing = false }
      try await store.until { try await published(store) == 2 }
    }
    try await store.close()
  }

  @Test func `while nothing can be known events wait, and a clean stop does not`() async throws {
    let store = try bench.store("writer")
    let litestream = try FakeLitestream(store)
    litestream.change { $0.isAway = true }
    try await store.publish([Counted(id: "a", number: 1)])
    try litestream.begin("aaaa")
    let clock = ContinuousClock()
    let stopped = try await clock.measure {
      try await bench.running([relay(store, litestream)]) { await litestream.looked(2) }
    }
    #expect(stopped < .seconds(10))
    #expect(try await published(store) == 0)
    litestream.change { $0.isAway = false }
    try await bench.running([relay(store, litestream)]) {
      litestream.change { $0.isMoving = true }
      try await store.until { try await published(store) == 1 }
      litestream.change { $0.isMoving = false }
    }
    try await store.close()
  }

  @Test func `nothing leaves when the lease is over, or cannot be read`() async throws {
    let store = try bench.store("writer")
    let file = bench.folder + "/until"
    let relay = OutboxRelay(
      store: store, wire: Wire(cluster: bench.kafka), lease: Lease(file: file), logger: bench.logger)
    try await store.publish([Counted(id: "a", number: 1)])
    try await bench.running([relay]) {
      try Data("1\n".utf8).write(to: URL(fileURLWithPath: file))
    }
    #expect(try await published(store) == 0)
    try await bench.running([relay]) {
      // Some hundred years of uptime.
      try Data("9999999999999\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
      try await store.until { try await published(store) == 1 }
    }
    try await store.close()
  }
}
