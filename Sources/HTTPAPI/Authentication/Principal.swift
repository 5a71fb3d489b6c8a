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

  public init(subject: String, scopes: Set<Scope>) {
    self.subject = subject
    self.scopes = scopes
  }
}
