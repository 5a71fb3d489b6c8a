import Foundation
import GRDB
import Storage
import Synchronization
import Testing

@Suite("Following")
struct FollowingTests {
  struct Refusal: Error, Equatable {}

  /// How often something was told.
  final class Told: Sendable {
    let count = Atomic(0)
  }

  static let signal = CommitSignal("test")

  let folder = try! TemporaryFolder()
  let told = Told()

  func store() throws -> Store {
    try Store(service: "test", folder: folder.path, migrations: DecidingTests.schema)
  }

  /// Follows by noting how many notes there are.
  func follow(_ store: Store) -> @Sendable () -> Void {
    store.follow(Self.signal) { [told] work in
      try work.database.execute(sql: "INSERT INTO notes (text) SELECT 'after ' || count(*) FROM notes")
      return { told.count.add(1, ordering: .relaxed) }
    }
  }

  func note(_ text: String, raising: Bool = true, _ work: UnitOfWork) throws {
    try work.database.execute(sql: "INSERT INTO notes (text) VALUES (?)", arguments: [text])
    if raising { work.raiseOnCommit(Self.signal) }
  }

  func texts(_ store: Store) async throws -> [String] {
    try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes ORDER BY id") }
  }

  @Test func `what follows is there, and told, when the decision is`() async throws {
    let store = try store()
    let end = follow(store)
    try await store.write { try note("a", $0) }
    #expect(told.count.load(ordering: .relaxed) == 1)
    #expect(try await texts(store) == ["a", "after 1"])
    try await store.write { try note("b", raising: false, $0) }
    end()
    try await store.write { try note("c", $0) }
    #expect(told.count.load(ordering: .relaxed) == 1)
    #expect(try await texts(store) == ["a", "after 1", "b", "c"])
    try await store.close()
  }

  @Test func `nothing follows from what was undone`() async throws {
    let store = try store()
    let end = follow(store)
    defer { end() }
    await #expect(throws: Refusal.self) {
      try await store.write { work in
        try note("a", work)
        throw Refusal()
      }
    }
    #expect(told.count.load(ordering: .relaxed) == 0)
    #expect(try await texts(store) == [])
    try await store.close()
  }

  @Test func `of a group that had to run twice it follows once`() async throws {
    let store = try store()
    let end = follow(store)
    defer { end() }
    let outcomes = try await store.holdingWriter { release in
      await withTaskGroup(of: (String, Bool).self) { group in
        for text in ["good", "bad"] {
          group.addTask {
            do {
              try await store.write { work in
                try note(text, work)
                if text == "bad" { throw Refusal() }
              }
              return (text, true)
            } catch { return (text, false) }
          }
        }
        group.addTask {
          release()
          return ("", true)
        }
        return await group.reduce(into: [String: Bool]()) { $0[$1.0] = $1.1 }
      }
    }
    #expect(outcomes["good"] == true && outcomes["bad"] == false)
    #expect(told.count.load(ordering: .relaxed) == 1)
    #expect(try await texts(store).filter { $0 == "good" }.count == 1)
    #expect(try await texts(store).filter { $0.hasPrefix("after") }.count == 1)
    try await store.close()
  }

  @Test func `a follower that throws fails those it follows, and nothing is there`() async throws {
    let store = try store()
    let end = store.follow(Self.signal) { _ in throw Refusal() }
    defer { end() }
    await #expect(throws: Refusal.self) { try await store.write { try note("a", $0) } }
    try await store.write { try note("b", raising: false, $0) }
    #expect(try await texts(store) == ["b"])
    try await store.close()
  }

  @Test func `a process to die before its second commit does not count those that only wake`() async throws {
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      setenv("WAYBILL_CRASH_AT", "test:store.before-commit:2", 1)
      let store = try Store(service: "test", folder: path, migrations: DecidingTests.schema)
      for text in ["a", "b"] {
        for _ in 0..<3 { try await store.write { $0.raiseOnCommit(FollowingTests.signal) } }
        try await store.write { work in
          try work.database.execute(sql: "INSERT INTO notes (text) VALUES (?)", arguments: [text])
          work.raiseOnCommit(FollowingTests.signal)
        }
      }
    }
    let store = try store()
    #expect(try await texts(store) == ["a"])
    try await store.close()
  }
}
