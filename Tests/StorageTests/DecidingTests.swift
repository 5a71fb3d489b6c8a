import Foundation
import GRDB
import Storage
import Synchronization
import Testing

@Suite("Deciding")
struct DecidingTests {
  static let schema = [
    Migration(
      "test.1",
      """
      CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;
      CREATE TABLE children (
        parent INTEGER NOT NULL REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
      ) STRICT;
      """)
  ]

  struct Refusal: Error, Equatable {}

  final class Runs: Sendable {
    let count = Atomic(0)
  }

  let folder = try! TemporaryFolder()

  func store() throws -> Store {
    try Store(service: "test", folder: folder.path, migrations: Self.schema)
  }

  func texts(_ store: Store) async throws -> [String] {
    try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes ORDER BY text") }
  }

  @Test func `what was decided is there after the store is opened again`() async throws {
    let first = try store()
    try await first.write { try $0.database.execute(sql: "INSERT INTO notes (text) VALUES ('a')") }
    try await first.close()
    let second = try store()
    #expect(try await texts(second) == ["a"])
    try await second.close()
  }

  @Test func `a decision that throws leaves nothing, and its neighbours everything`() async throws {
    let store = try store()
    let results = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<200 {
        group.addTask {
          do {
            try await store.write { work in
              try work.database.execute(sql: "INSERT INTO notes (text) VALUES (?)", arguments: ["\(number)"])
              if number % 3 == 0 { throw Refusal() }
            }
            return true
          } catch { return false }
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    let kept = try await texts(store)
    #expect(results == kept.count)
    #expect(Set(kept) == Set((0..<200).filter { $0 % 3 != 0 }.map(String.init)))
    try await store.close()
  }

  @Test func `a refusal before anything is written costs its neighbours nothing: they run once`() async throws
  {
    let store = try store()
    let runs = Runs()
    try await store.holdingWriter { release in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<8 {
          group.addTask {
            try? await store.write { work in
              runs.count.add(1, ordering: .relaxed)
              if number == 4 { throw Refusal() }
              try work.database.execute(sql: "INSERT INTO notes (text) VALUES (?)", arguments: ["\(number)"])
            }
          }
        }
        group.addTask { release() }
      }
    }
    #expect(runs.count.load(ordering: .relaxed) == 8)
    #expect(try await texts(store).count == 7)
    try await store.close()
  }

  @Test func `a unit that cannot be committed fails alone, with the others of its group kept`() async throws {
    let store = try store()
    let outcomes = try await store.holdingWriter { release in
      await withTaskGroup(of: (Int, Bool).self) { group in
        for number in 0..<8 {
          group.addTask {
            do {
              try await store.write { work in
                if number == 4 {
                  // Noticed by SQLite at commit only, when the savepoint is long released.
                  try work.database.execute(sql: "INSERT INTO children (parent) VALUES (99)")
                } else {
                  try work.database.execute(
                    sql: "INSERT INTO notes (text) VALUES (?)", arguments: ["\(number)"])
                }
              }
              return (number, true)
            } catch { return (number, false) }
          }
        }
        group.addTask {
          release()
          return (-1, true)
        }
        return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
      }
    }
    #expect(outcomes[4] == false)
    #expect(outcomes.filter { !$0.value }.count == 1)
    #expect(try await texts(store).count == 7)
    try await store.close()
  }

  @Test func `part of a unit can be undone alone`() async throws {
    let store = try store()
    try await store.write { work in
      try work.database.execute(sql: "INSERT INTO notes (text) VALUES ('kept')")
      try work.undoable {
        try work.database.execute(sql: "INSERT INTO notes (text) VALUES ('undone')")
        return false
      }
      #expect(throws: Refusal.self) {
        try work.undoable {
          try work.database.execute(sql: "INSERT INTO notes (text) VALUES ('thrown')")
          throw Refusal()
        }
      }
    }
    #expect(try await texts(store) == ["kept"])
    try await store.close()
  }

  @Test func `a full disk fails the unit, says so, and the store works again afterwards`() async throws {
    let store = try store()
    let pages = try await store.write { work in
      let pages = try Int.fetchOne(work.database, sql: "PRAGMA page_count") ?? 0
      try work.database.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
      return pages
    }
    #expect(pages > 0)
    let large = String(repeating: "x", count: 100_000)
    await #expect {
      try await store.write {
        try $0.database.execute(sql: "INSERT INTO notes (text) VALUES (?)", arguments: [large])
      }
    } throws: { error in
      guard case .unavailable(let reason)? = error as? StoreError else { return false }
      return reason.contains("full")
    }
    #expect(try await texts(store) == [])
    try await store.write { try $0.database.execute(sql: "PRAGMA max_page_count = 100000") }
    try await store.write { try $0.database.execute(sql: "INSERT INTO notes (text) VALUES ('b')") }
    #expect(try await texts(store) == ["b"])
    try await store.close()
  }

  @Test func `commits survive the loss of power: the log is synchronised in full`() async throws {
    let store = try store()
    let mode = try await store.write { try Int.fetchOne($0.database, sql: "PRAGMA synchronous") }
    let journal = try await store.write { try String.fetchOne($0.database, sql: "PRAGMA journal_mode") }
    #expect(mode == 2)
    #expect(journal == "wal")
    try await store.close()
  }

  @Test func `readers cannot write`() async throws {
    let store = try store()
    await #expect(throws: DatabaseError.self) {
      try await store.read { try $0.execute(sql: "INSERT INTO notes (text) VALUES ('a')") }
    }
    try await store.close()
  }

  @Test func `a listener is woken by the commit that raised its signal, and only after it`() async throws {
    let store = try store()
    let signal = CommitSignal("notes")
    var wakes = store.commits(raising: signal).makeAsyncIterator()
    try await store.write { work in
      try work.database.execute(sql: "INSERT INTO notes (text) VALUES ('a')")
      work.raiseOnCommit(signal)
    }
    await wakes.next()
    #expect(try await texts(store) == ["a"])
    try await store.close()
  }

  @Test func `a closed store says so`() async throws {
    let store = try store()
    try await store.close()
    await #expect(throws: StoreError.closed) { try await store.write { _ in } }
  }
}
