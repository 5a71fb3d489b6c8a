import Foundation
import Storage

/// The copy of a store that Litestream keeps elsewhere: events may be told not to leave before they are in it.
///
/// A store that is restored from its copy is as old as that. Had an event left before, others would know of something
/// that never was.
public struct Replica: Sendable {
  private let page: @Sendable () async throws -> String

  /// - Parameter page: reads Litestream's metrics.
  public init(metrics page: @escaping @Sendable () async throws -> String) {
    self.page = page
  }

  func read(_ store: Store) async throws -> ReplicaReading {
    let file = URL(fileURLWithPath: store.file)
    let path = file.deletingLastPathComponent().path + "/.\(file.lastPathComponent)-litestream/generation"
    guard let generation = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ReplicaUnreadable.noGeneration(file: path)
    }
    return try ReplicaReading(try await page(), generation: generation, store: file.lastPathComponent)
  }
}
