import Crypto
import Foundation
import HTTPTypes
import JWTKit

/// A public key as RFC 7517 writes it, named by its thumbprint (RFC 7638).
public struct JSONWebKey: Encodable, Hashable, Sendable {
  public let kty = "EC"
  public let crv = "P-256"
  public let alg = "ES256"
  public let use = "sig"
  public let kid: String
  public let x: String
  public let y: String

  init(of key: ES256PrivateKey) throws {
    guard let (x, y) = key.parameters, let x = Data(base64URL: x)?.base64URL,
      let y = Data(base64URL: y)?.base64URL
    else { throw CocoaError(.coderInvalidValue) }
    let canonical = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
    kid = Data(SHA256.hash(data: Array(canonical.utf8))).base64URL
    self.x = x
    self.y = y
  }
}

/// The keys whose signatures count, as an issuer publishes them (RFC 7517, section 5).
public struct JSONWebKeySet: Encodable, Hashable, Sendable {
  public let keys: [JSONWebKey]

  public init(_ keys: [JSONWebKey]) {
    self.keys = keys
  }
}

extension Reply {
  /// An issuer's keys. Whoever checks tokens may keep them for `maxAge`.
  public static func keys(_ keys: JSONWebKeySet, maxAge: Duration) -> Reply {
    var reply = Reply(.ok, json: keys)
    reply.headers[.contentType] = "application/jwk-set+json"
    reply.headers[.cacheControl] = "public, max-age=\(maxAge.components.seconds)"
    return reply
  }
}
