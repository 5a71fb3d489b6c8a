import Foundation
import JWTKit
import Storage
import Synchronization

@testable import HTTPAPI

/// An issuer of tokens that can rotate its keys, go away, and be counted on.
final class Issuer: Sendable {
  struct Away: Error {}

  private struct State {
    var keys: [String: ES256PrivateKey] = [:]
    var isAway = false
    var fetches = 0
  }

  private let state = Mutex(State())

  init(kids: String...) {
    for kid in kids { add(kid) }
  }

  var fetches: Int { state.withLock { $0.fetches } }

  func add(_ kid: String) { state.withLock { $0.keys[kid] = ES256PrivateKey() } }
  func withdraw(_ kid: String) { state.withLock { $0.keys[kid] = nil } }
  func goAway() { state.withLock { $0.isAway = true } }
  func comeBack() { state.withLock { $0.isAway = false } }

  var source: KeySource {
    KeySource { [self] in
      try state.withLock { state in
        state.fetches += 1
        if state.isAway { throw Away() }
      }
      return jwks
    }
  }

  var jwks: Data {
    let keys = state.withLock { $0.keys }
    let list = keys.map { kid, key in
      let (x, y) = key.parameters ?? ("", "")
      return #"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"\#(kid)","x":"\#(x)","y":"\#(y)"}"#
    }
    return Data(#"{"keys":[\#(list.joined(separator: ","))]}"#.utf8)
  }

  func token(
    _ kid: String, subject: String = "ada", scope: String = "notes:read notes:write", expires: Timestamp,
    change: (inout Claims) -> Void = { _ in }
  ) async throws -> String {
    guard let key = state.withLock({ $0.keys[kid] }) else { throw Away() }
    return try await Self.sign(key, kid, subject: subject, scope: scope, expires: expires, change: change)
  }

  /// A token by anyone's key, under any key id.
  static func sign(
    _ key: ES256PrivateKey, _ kid: String, subject: String = "ada",
    scope: String = "notes:read notes:write", expires: Timestamp, change: (inout Claims) -> Void = { _ in }
  ) async throws -> String {
    var claims = Claims(sub: subject, exp: Double(expires.milliseconds) / 1000, scope: scope)
    change(&claims)
    let kid = JWKIdentifier(string: kid)
    return try await JWTKeyCollection().add(ecdsa: key, kid: kid).sign(claims, kid: kid)
  }

  func publicPEM(_ kid: String) -> String {
    state.withLock { $0.keys[kid]?.publicKey.pemRepresentation ?? "" }
  }
}
