import Crypto
import Foundation
import JWTKit
public import Storage

/// A key pair that signs tokens with ES256, named by its thumbprint.
public struct SigningKey: Sendable {
  private let key: ES256PrivateKey
  /// The public half, for whoever checks what this key has signed.
  public let publicKey: JSONWebKey

  /// A new key.
  public init() throws {
    try self.init(ES256PrivateKey())
  }

  /// - Parameter pem: the private key, as ``pem`` wrote it.
  public init(pem: String) throws {
    try self.init(ES256PrivateKey(pem: pem))
  }

  private init(_ key: ES256PrivateKey) throws {
    self.key = key
    publicKey = try JSONWebKey(of: key)
  }

  public var kid: String { publicKey.kid }

  /// The private key. Whoever has it can be anybody.
  public var pem: String { key.pemRepresentation }

  /// A token that proves its bearer to be `subject`.
  ///
  /// - Parameter session: what the bearer logged in as, for tokens that come of a log-in.
  public func token(
    subject: String, scopes: Set<Scope>, session: String? = nil, lifetime: Duration = .hours(1),
    at now: Timestamp = .now
  ) async throws -> String {
    let seconds = now.milliseconds / 1000
    let claims = Claims(
      sub: subject, exp: Double(seconds + lifetime.components.seconds), iat: Double(seconds), sid: session,
      scope: scopes.map(\.rawValue).sorted().joined(separator: " "))
    let kid = JWKIdentifier(string: kid)
    return try await JWTKeyCollection().add(ecdsa: key, kid: kid).sign(claims, kid: kid)
  }
}

// Whatever prints, dumps or mirrors it must not see the private key.
extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "signing key \(kid)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["kid": kid], displayStyle: .struct) }
}
