import Contracts
import Messaging

struct Credentials: Decodable, Sendable {
  let email: String
  let password: String
}

struct PasswordChange: Decodable, Sendable {
  let currentPassword: String
  let newPassword: String
}

struct RefreshRequest: Decodable, Sendable {
  let refreshToken: String
}

struct RoleChange: Decodable, Sendable {
  let role: UserRole
}

struct KeyRotation: Decodable, Sendable {
  let compromised: Bool?
}

struct UserAnswer: Encodable, Sendable {
  let id: UserID
  let email: String
  let role: UserRole
  let createdAt: Timestamp
  let updatedAt: Timestamp

  init(_ user: User) {
    id = user.id
    email = user.email.text
    role = user.role
    createdAt = user.createdAt
    updatedAt = user.updatedAt
  }
}

struct AccessAnswer: Encodable, Sendable {
  let user: UserAnswer
  let jwt: String
  let refreshToken: String
  /// In seconds.
  let expiresIn: Int64

  init(_ access: Accounts.Access) {
    user = UserAnswer(access.user)
    jwt = access.jwt
    refreshToken = access.refreshToken.secret
    expiresIn = KeyRing.tokenLifetime.components.seconds
  }
}

struct KeyAnswer: Encodable, Sendable {
  let kid: String
  let state: KeyRecord.State
  let createdAt: Timestamp
  /// From when on it signs.
  let activeAt: Timestamp
  let withdrawnAt: Timestamp?
}
