import Foundation
import GRDB
public import HTTPAPI
import Messaging
import Storage

/// Tokens for whoever owns the data folder: he could read everything in it anyway.
public enum LocalTokens {
  public enum Failure: Error, CustomStringConvertible {
    case noKeys(folder: String)

    public var description: String {
      switch self {
      case .noKeys(let folder):
        "There are no keys in \(folder) yet. Start `waybill up`, or `waybill serve administration`, with the "
          + "same WAYBILL_DATA first."
      }
    }
  }

  /// A token signed with the key that administration signs with, beside the running service or without it.
  public static func make(
    dataFolder: String, subject: String, scopes: Set<Scope>, lifetime: Duration
  ) async throws -> String {
    let file = "\(dataFolder)/\(AdministrationService.name).sqlite"
    guard FileManager.default.fileExists(atPath: file) else { throw Failure.noKeys(folder: dataFolder) }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    let now = Timestamp.now
    let key = try await DatabaseQueue(path: file, configuration: configuration).read { database in
      try database.tableExists("signing_keys") ? KeyRecord.signing(at: now, in: database) : nil
    }
    guard let key else { throw Failure.noKeys(folder: dataFolder) }
    return try await SigningKey(pem: key.pem)
      .token(subject: subject, scopes: scopes, lifetime: lifetime, at: now)
  }
}
