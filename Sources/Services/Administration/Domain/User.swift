import Contracts
import Messaging

/// Somebody with an account.
struct User: Hashable, Sendable {
  let id: UserID
  let email: EmailAddress
  var role: UserRole
  let createdAt: Timestamp
  var updatedAt: Timestamp

  var created: UserCreated { UserCreated(id: id, email: email.text, createdAt: createdAt) }
}

/// What somebody is here.
enum UserRole: String, Codable, Sendable, CaseIterable {
  /// Has tasks of his own.
  case user
  /// Looks after everything.
  case `operator`

  /// What tokens of his allow. One place: a scope that is not here is nobody's.
  var scopes: Set<String> {
    switch self {
    case .user: ["account", "tasks:read", "tasks:write"]
    case .operator:
      UserRole.user.scopes.union([
        "workflows:read", "workflows:write", "deliveries:read", "deliveries:write", "dead-letters:read",
        "dead-letters:write", "users:read", "users:write", "keys:read", "keys:write", "events:read",
        "sources:read", "sources:write", "orders:read", "orders:write",
      ])
    }
  }
}
