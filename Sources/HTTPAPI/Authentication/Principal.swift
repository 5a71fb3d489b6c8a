public import Storage

/// A right that a token carries and a route asks for: `"workflows:read"`.
public struct Scope: Hashable, Sendable, RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible
{
  public let rawValue: String

  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  public init(stringLiteral value: String) {
    rawValue = value
  }

  public var description: String { rawValue }
}

/// Who asks: proven by a token, never taken from the request itself.
public struct Principal: Hashable, Sendable {
  /// The token's `sub`.
  public let subject: String
  /// The token's `scope`.
  public let scopes: Set<Scope>
  /// The token's `sid`: the log-in it comes of.
  public let session: String?
  /// When the token ceases to count; nil for who has none.
  public let expires: Timestamp?

  public init(
    subject: String, scopes: Set<Scope>, session: String? = nil, expires: Timestamp? = nil
  ) {
    self.subject = subject
    self.scopes = scopes
    self.session = session
    self.expires = expires
  }

  /// Who asks an open route: anybody.
  public static let anonymous = Principal(subject: "anonymous", scopes: [])
}
