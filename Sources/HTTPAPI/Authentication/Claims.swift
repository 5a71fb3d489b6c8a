import JWTKit
import Storage

/// What a token says about its bearer.
struct Claims: JWTPayload {
  var sub: String?
  /// Seconds since 1970, possibly with a fraction.
  var exp: Double?
  var nbf: Double?
  var iat: Double?
  var iss: String?
  var aud: Audience?
  /// The log-in that the token comes of.
  var sid: String?
  var scope: String?

  // JWTKit asks for this after it has checked the signature. The claims are checked by the verifier, which
  // knows the time and what is expected.
  func verify(using algorithm: some JWTAlgorithm) {}

  /// - Throws: a 401 problem with the first thing that is wrong.
  func principal(issuer: String?, audience: String?, at now: Timestamp) throws(Problem) -> Principal {
    let seconds = Double(now.milliseconds) / 1000
    guard let exp else { throw .tokenInvalid("does not say when it expires") }
    guard seconds < exp else { throw .tokenInvalid("has expired") }
    if let nbf, seconds < nbf { throw .tokenInvalid("is not valid yet") }
    if let issuer, iss != issuer { throw .tokenInvalid("comes from another issuer") }
    if let audience, aud?.contains(audience) != true { throw .tokenInvalid("is meant for another audience") }
    guard let sub, !sub.isEmpty else { throw .tokenInvalid("does not name its subject") }
    let scopes = (scope ?? "").split(separator: " ").map { Scope(rawValue: String($0)) }
    return Principal(subject: sub, scopes: Set(scopes), session: sid, expires: expiry)
  }

  /// When the token expires, in a form that cannot overflow.
  var expiry: Timestamp {
    Timestamp(milliseconds: Int64(exactly: ((exp ?? 0) * 1000).rounded(.down)) ?? .max)
  }
}

/// One audience or several. JWTKit's own type ends the process on an empty list.
struct Audience: Codable, Sendable {
  private let names: [String]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let name = try? container.decode(String.self) {
      names = [name]
    } else {
      names = try container.decode([String].self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(names)
  }

  func contains(_ name: String) -> Bool { names.contains(name) }
}
