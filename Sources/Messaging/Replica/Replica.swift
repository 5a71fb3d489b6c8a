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
    let folder = file.deletingLastPathComponent().path + "/.\(file.lastPathComponent)-litestream"
    guard let name = try? String(contentsOfFile: folder + "/generation", encoding: .utf8) else {
      throw ReplicaUnreadable.noGeneration(file: folder + "/generation")
    }
    let generation = name.trimmingCharacters(in: .whitespacesAndNewlines)
    let page = try await page()
    // After the numbers: it holds whatever the looks that they count have found.
    let copied = try Self.copied("\(folder)/generations/\(generation)/wal")
    return try ReplicaReading(page, generation: generation, copied: copied, store: file.lastPathComponent)
  }

  /// The end of the last of the logs that Litestream has copied into `folder`: `0000002a.wal` is the 42nd.
  private static func copied(_ folder: String) throws(ReplicaUnreadable) -> ReplicaReading.Position {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let indices = names.filter { $0.hasSuffix(".wal") }.compactMap { Int($0.dropLast(4), radix: 16) }
    guard let last = indices.max(),
      let name = names.first(where: { $0.hasSuffix(".wal") && Int($0.dropLast(4), radix: 16) == last }),
      let size = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
    else { throw .noGeneration(file: "\(folder)/*.wal") }
    return ReplicaReading.Position(index: last, offset: size)
  }
}
