import Foundation
import Storage
import Testing

@Suite("Opening a store")
struct OpeningTests {
  let folder = try! TemporaryFolder()

  @Test func `a second owner is refused at once, with the first one's process id`() async throws {
    let first = try Store(service: "test", folder: folder.path, migrations: [])
    #expect {
      try Store(service: "test", folder: folder.path, migrations: [])
    } throws: { error in
      error as? StoreError == .inUse(file: first.file, owner: getpid())
    }
    try await first.close()
    let second = try Store(service: "test", folder: folder.path, migrations: [])
    try await second.close()
  }

  // In a process of its own, because nobody else's files may come and go meanwhile.
  @Test func `a refused owner closes no file but its own`() async throws {
    let path = folder.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      let first = try Store(service: "test", folder: path, migrations: [])
      let refused = Thread {
        for _ in 0..<5000 { _ = try? Store(service: "test", folder: path, migrations: []) }
      }
      refused.start()
      var lost = 0
      while !refused.isFinished {
        let mine = open("/dev/null", O_RDONLY | O_CLOEXEC)
        sched_yield()
        if close(mine) != 0 { lost += 1 }
      }
      #expect(lost == 0)
      try await first.close()
    }
  }

  @Test func `a file written by a newer version is left alone`() async throws {
    let step = Migration("test.1", "CREATE TABLE a (id INTEGER) STRICT")
    let newer = Migration("test.2", "CREATE TABLE b (id INTEGER) STRICT")
    let store = try Store(service: "test", folder: folder.path, migrations: [step, newer])
    let file = store.file
    try await store.close()
    #expect(throws: StoreError.newerSchema(file: file)) {
      try Store(service: "test", folder: folder.path, migrations: [step])
    }
  }

  @Test func `a folder that cannot be made is named`() throws {
    let blocked = folder.path + "/file"
    try Data().write(to: URL(fileURLWithPath: blocked))
    #expect {
      try Store(service: "test", folder: blocked + "/data", migrations: [])
    } throws: { error in
      (error as? StoreError)?.description.contains(blocked) == true
    }
  }
}
