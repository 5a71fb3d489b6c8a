import Hosting
import Messaging
import Storage

/// The sources of a gateway that does not run, for whoever owns its data folder.
public struct LocalSources: Sendable {
  private let store: Store

  /// - Throws: `StoreError.inUse` while the gateway runs: then it is asked over REST.
  public init(dataFolder: String) throws {
    store = try Store(
      service: GatewayService.name, folder: dataFolder,
      migrations: ServiceHost.migrations(.gateway, hasJobs: true))
  }

  /// - Parameter given: a key or secret that was made elsewhere; a new one when nil.
  /// - Returns: the key or secret.
  public func add(
    _ name: String, brand: String, isWebhook: Bool, given: String? = nil
  ) async throws -> String {
    try await write {
      try $0.addSource(name, brand: brand, isWebhook ? .webhook : .key, given: given).secret
    }
  }

  public func rotate(_ name: String, overlap: Duration, given: String? = nil) async throws -> String {
    try await write { try $0.rotateSource(name, nil, overlap: overlap, given: given).secret }
  }

  public func disable(_ name: String, _ isDisabled: Bool) async throws {
    try await write { _ = try $0.disableSource(name, isDisabled) }
  }

  /// Id, brand, and what else there is to say of each.
  public func list() async throws -> [(id: String, brand: String, isDisabled: Bool)] {
    try await write { work in
      try Source.all(in: work.database).map { ($0.id, $0.brand, $0.isDisabled) }
    }
  }

  public func close() async throws { try await store.close() }

  private func write<Value: Sendable>(
    _ decision: @escaping @Sendable (UnitOfWork) throws -> Value
  ) async throws -> Value {
    do {
      return try await store.write { work in
        try work.ensureStandardSource()
        return try decision(work)
      }
    } catch let error as SourceError {
      throw Complaint(error)
    }
  }

  /// What was wrong, for the person at the command line.
  private struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ error: SourceError) {
      switch error {
      case .noName: description = "The name \(error.sentence)."
      case .noBrand: description = "The brand \(error.sentence)."
      case .weakSecret: description = "The key or secret \(error.sentence)."
      case .taken, .unknown, .disabled, .secretTaken: description = error.sentence
      }
    }
  }
}
