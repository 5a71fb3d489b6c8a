import Foundation
import GRDB
import Storage
import Testing

@Suite("Deciding under a lease")
struct LeasingTests {
  let folder = try! TemporaryFolder()

  private func end(_ uptime: String) throws {
    try Data("\(uptime)\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/until"), options: .atomic)
  }

  @Test func `nothing is committed after its end, and everything again once it is renewed`() async throws {
    let schema = [Migration("test.1", "CREATE TABLE notes (text TEXT NOT NULL) STRICT")]
    let store = try Store(
      service: "test", folder: folder.path, migrations: schema, lease: Lease(file: folder.path + "/until"))
    let note: @Sendable (UnitOfWork) throws -> Void = {
      try $0.database.execute(sql: "INSERT INTO notes (text) VALUES ('a')")
    }
    await #expect(throws: StoreError.leaseOver) { try await store.write(note) }
    // A machine is up for longer than a millisecond, and for less than three hundred years.
    try end("1")
    await #expect(throws: StoreError.leaseOver) { try await store.write(note) }
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 0)
    try end("9999999999999")
    try await store.write(note)
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 1)
    try await store.close()
  }
}
