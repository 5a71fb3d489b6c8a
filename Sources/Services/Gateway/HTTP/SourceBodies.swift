import Messaging
import Storage

struct SourceAnswer: Encodable, Sendable {
  struct CredentialAnswer: Encodable, Sendable {
    let id: String
    let kind: Credential.Kind
    let createdAt: Timestamp
    /// When it stops counting, because a newer one took over.
    let expiresAt: Timestamp?
  }

  let id: String
  let brand: String
  let isDisabled: Bool
  let createdAt: Timestamp
  let credentials: [CredentialAnswer]

  init(_ source: Source, _ credentials: [CredentialRecord], at now: Timestamp) {
    id = source.id
    brand = source.brand
    isDisabled = source.isDisabled
    createdAt = source.createdAt
    self.credentials = credentials.filter { $0.source == source.id && $0.isActive(at: now) }.map {
      CredentialAnswer(id: $0.id, kind: $0.kind, createdAt: $0.createdAt, expiresAt: $0.expiresAt)
    }
  }
}

/// A source with a credential that is shown this once.
public struct IssuedCredential: Encodable, Sendable {
  let source: SourceAnswer
  private let issued: Secret

  /// An API key, or a webhook secret.
  public var secret: String { issued.text }

  init(source: SourceAnswer, secret: String) {
    self.source = source
    issued = Secret(secret)
  }

  private enum CodingKeys: CodingKey {
    case source, secret
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(source, forKey: .source)
    try container.encode(secret, forKey: .secret)
  }
}
