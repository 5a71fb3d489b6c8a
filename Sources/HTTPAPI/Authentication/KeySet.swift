import Foundation
import JWTKit

/// The issuer's public keys, as they were at one moment.
struct KeySet: Sendable, Equatable {
  /// The point on the curve of each key, by key id.
  private let points: [String: String]
  private let keys: JWTKeyCollection

  /// From a JWKS document (RFC 7517). Keys of other kinds than ES256 are left out: no token can be checked
  /// with one of them, whatever it says about itself.
  init(jwks: Data) async throws {
    let document = try JSONDecoder().decode(Document.self, from: jwks)
    var points: [String: String] = [:]
    let keys = JWTKeyCollection()
    for key in document.keys {
      guard key.kty == "EC", key.crv == "P-256", key.alg ?? "ES256" == "ES256", key.use ?? "sig" == "sig",
        let kid = key.kid, let x = key.x, let y = key.y
      else { continue }
      await keys.add(ecdsa: try ES256PublicKey(parameters: (x, y)), kid: JWKIdentifier(string: kid))
      points[kid] = "\(x).\(y)"
    }
    self.points = points
    self.keys = keys
  }

  static func == (one: KeySet, other: KeySet) -> Bool { one.points == other.points }

  func has(_ kid: String) -> Bool { points[kid] != nil }

  /// The claims of a token whose signature is right. Its `kid` must be one of these keys: JWTKit
  /// would take any of them for one it does not know.
  func claims(of token: String) async throws -> Claims {
    try await keys.verify(token, as: Claims.self)
  }

  private struct Document: Decodable {
    let keys: [Key]
  }

  private struct Key: Decodable {
    let kty: String
    let crv: String?
    let alg: String?
    let use: String?
    let kid: String?
    let x: String?
    let y: String?
  }
}
