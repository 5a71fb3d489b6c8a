import HTTPAPI
import Messaging
import Storage

/// The keys of this installation: signs tokens, and publishes what they are checked with.
struct KeyRing: Sendable {
  static let tokenLifetime = Duration.hours(1)

  let store: Store

  func token(subject: String, scopes: Set<Scope>, session: String? = nil) async throws -> String {
    let now = store.now
    return try await SigningKey(pem: signing(at: now).pem)
      .token(subject: subject, scopes: scopes, session: session, lifetime: Self.tokenLifetime, at: now)
  }

  func published() async throws -> JSONWebKeySet {
    let now = store.now
    _ = try await signing(at: now)
    let pems = try await store.read { try KeyRecord.published(at: now, in: $0).map(\.key.pem) }
    return JSONWebKeySet(try pems.map { try SigningKey(pem: $0).publicKey })
  }

  private func signing(at now: Timestamp) async throws -> KeyRecord {
    if let key = try await store.read({ try KeyRecord.signing(at: now, in: $0) }) { return key }
    return try await store.write { work in
      try KeyRecord.ensure(work)
      guard let key = try KeyRecord.signing(at: work.now, in: work.database) else { throw NoKey() }
      return key
    }
  }

  private struct NoKey: Error {}
}
