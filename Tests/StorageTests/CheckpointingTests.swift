import Foundation
import GRDB
import Storage
import Testing

@Suite("Leaving checkpoints to somebody else")
struct CheckpointingTests {
  let folder = try! TemporaryFolder()

  /// Commits more than a store of its own would leave in the log, with somebody else holding the file open.
  private func fill(_ store: Store) async throws -> DatabaseQueue {
    let other = try DatabaseQueue(path: store.file)
    let padding = String(repeating: "x", count: 200_000)
    for _ in 0..<120 {
      try await store.write {
        try $0.database.execute(sql: "INSERT INTO notes (text) VALUES (?)", arguments: [padding])
      }
    }
    return other
  }

  private func size(_ file: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
  }

  private static let schema = [Migration("test.1", "CREATE TABLE notes (text TEXT NOT NULL) STRICT")]

  @Test func `nothing leaves the log, neither when it is long nor when the store is closed`() async throws {
    let store = try Store(
      service: "test", folder: folder.path, migrations: Self.schema, checkpoints: .external)
    let before = try size(store.file)
    let other = try await fill(store)
    try await store.close()
    #expect(try size(store.file) == before)
    #expect(try size(store.file + "-wal") > 24_000_000)
    try other.close()
  }

  @Test func `on its own, a store keeps the log short and folds it into the file at its end`() async throws {
    let store = try Store(service: "test", folder: folder.path, migrations: Self.schema)
    let other = try await fill(store)
    try await store.close()
    #expect(try size(store.file) > 24_000_000)
    #expect(try size(store.file + "-wal") == 0)
    try other.close()
  }

  @Test func `a commit waits while somebody else has the file for a moment`() async throws {
    let store = try Store(
      service: "test", folder: folder.path, migrations: Self.schema, checkpoints: .external)
    let other = try DatabaseQueue(path: store.file)
    let (held, hold) = AsyncStream.makeStream(of: Void.self)
    async let holding: Void = other.writeWithoutTransaction { database in
      try database.inTransaction(.immediate) {
        hold.yield()
        // The moment; nobody ends it early.
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.3)
        return .rollback
      }
    }
    for await _ in held { break }
    try await store.write {
      try $0.database.execute(sql: "INSERT INTO notes (text) VALUES ('a')")
    }
    try await holding
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 1)
    try await store.close()
    try other.close()
  }
}
