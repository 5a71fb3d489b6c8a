import Foundation
import Jobs
import Messaging
import Storage
import Testing

/// What there is to do, by kind.
@Suite struct ShowingBacklogs {
  @Test func `a kind with nothing to do is shown as such, or what is measured would stay as it was`()
    async throws
  {
    let folder = NSTemporaryDirectory() + "waybill-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try Store(service: "test", folder: folder, migrations: .messaging + .jobs)
    func read(_ kinds: [String]) async throws -> [String: Int] {
      let backlogs = try await store.read { try JobsBacklog.read($0, kinds: kinds, at: store.now) }
      return Dictionary(uniqueKeysWithValues: backlogs.map { ($0.kind, $0.waiting) })
    }
    #expect(try await read(["a", "b"]) == ["a": 0, "b": 0])
    let job = try await store.write { try $0.enqueue(Chore()) }
    #expect(try await read(["a"]) == ["a": 0, "test.chore": 1])
    _ = try await store.write { try $0.cancelJob(job.id) }
    #expect(try await read(["test.chore"]) == ["test.chore": 0])
    try await store.close()
  }
}

private struct Chore: Job {
  static let kind = "test.chore"
}
