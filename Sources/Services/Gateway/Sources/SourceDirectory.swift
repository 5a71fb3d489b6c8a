import HTTPAPI
import HTTPTypes
import Messaging
import NIOCore
import Storage
import Synchronization

/// Who the sources are, in memory: an event that comes in waits for no reading.
final class SourceDirectory: Sendable {
  /// Why a request is from no source; nothing more is told, because a stranger is asking.
  enum Refusal: Error, Hashable {
    case credentialsMissing
    case unknownKey
    case disabled(String)
    case signature(WebhookSecret.Refusal)
  }

  private struct Known: Sendable {
    let sources: [String: Source]
    let keys: [[UInt8]: CredentialRecord]
    let webhooks: [CredentialRecord]
  }

  private let store: Store
  private let known = Mutex<Known?>(nil)

  init(store: Store) {
    self.store = store
  }

  /// Reads it again: sources or their credentials changed.
  func reload() async throws {
    let known = try await store.read { database in
      let credentials = try CredentialRecord.all(in: database)
      var keys: [[UInt8]: CredentialRecord] = [:]
      for record in credentials {
        if case .key(let hash) = record.credential { keys[hash] = record }
      }
      return Known(
        sources: Dictionary(uniqueKeysWithValues: try Source.all(in: database).map { ($0.id, $0) }),
        keys: keys, webhooks: credentials.filter { $0.kind == .webhook })
    }
    self.known.withLock { $0 = known }
  }

  /// Who sent a request, by its API key or by the signature of its body.
  /// - Throws: ``Refusal``.
  func sender(of headers: HTTPFields, body: ByteBuffer) async throws -> Source {
    if known.withLock({ $0 == nil }) { try await reload() }
    guard let known = known.withLock({ $0 }) else { throw Refusal.unknownKey }
    let now = store.now
    let id =
      headers[.webhookSignature] == nil
      ? try Self.owner(ofKeyIn: headers, known, at: now) : try Self.signer(of: body, headers, known, at: now)
    guard let source = known.sources[id] else { throw Refusal.unknownKey }
    if source.isDisabled { throw Refusal.disabled(id) }
    return source
  }

  private static func owner(ofKeyIn headers: HTTPFields, _ known: Known, at now: Timestamp) throws -> String {
    guard let header = headers[.authorization] else { throw Refusal.credentialsMissing }
    let scheme = "bearer "
    guard header.utf8.count > scheme.utf8.count, header.prefix(scheme.count).lowercased() == scheme else {
      throw Refusal.credentialsMissing
    }
    let key = header.dropFirst(scheme.count)
    guard let record = known.keys[SourceKey.hash(key)], record.isActive(at: now) else {
      throw Refusal.unknownKey
    }
    return record.source
  }

  private static func signer(
    of body: ByteBuffer, _ headers: HTTPFields, _ known: Known, at now: Timestamp
  ) throws -> String {
    do {
      guard let id = headers[.webhookID], let timestamp = headers[.webhookTimestamp],
        let signatures = headers[.webhookSignature]
      else { throw WebhookSecret.Refusal.headersMissing }
      try WebhookSecret.check(timestamp, at: now)
      for record in known.webhooks where record.isActive(at: now) {
        guard case .webhook(let secret) = record.credential else { continue }
        if secret.accepts(signatures, id: id, timestamp: timestamp, body: body.readableBytesView) {
          return record.source
        }
      }
      throw WebhookSecret.Refusal.signatureIsWrong
    } catch let refusal as WebhookSecret.Refusal {
      throw Refusal.signature(refusal)
    }
  }
}

extension HTTPField.Name {
  static let webhookID = HTTPField.Name("webhook-id")!
  static let webhookTimestamp = HTTPField.Name("webhook-timestamp")!
  static let webhookSignature = HTTPField.Name("webhook-signature")!
}
