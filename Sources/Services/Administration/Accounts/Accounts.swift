import Contracts
import HTTPAPI
import Logging
import Messaging
import Metrics
import Storage

/// Everything that takes a password or a refresh token. Each is several steps, because a password is looked at
/// slowly, and outside of any transaction.
struct Accounts: Sendable {
  /// What a client has after it signed up, logged in or refreshed.
  struct Access: Sendable {
    let user: User
    let jwt: String
    let refreshToken: RefreshToken
  }

  let store: Store
  let keys: KeyRing
  let hasher: PasswordHasher
  let network: NetworkLimit
  let lanes: AttemptLanes
  let logger: Logger

  func signUp(_ email: EmailAddress, _ password: Password, from address: String?) async throws -> Access {
    try check(network.charge(NetworkLimit.network(of: address), at: store.now))
    // Asked before the slow part, and once more when it counts.
    if try await store.read({ try User.find(email, in: $0) }) != nil { throw AccountError.emailIsTaken }
    let hash = try await hasher.queueing { try await hasher.hash(password) }
    let (user, session) = try await store.write { work in
      let user = User(
        id: .new(at: work.now), email: email, role: .user, createdAt: work.now, updatedAt: work.now)
      try user.insert(hash, work.database)
      try work.publish(user.created)
      return (user, try Session.begin(for: user.id, work))
    }
    count("signed-up")
    return try await access(user, session.id, session.token)
  }

  func logIn(_ email: EmailAddress?, _ password: Password?, from address: String?) async throws -> Access {
    guard let email, let password else { throw AccountError.wrongCredentials }
    let begun = try await proving(email, password, from: address) { user, work in
      (user, try Session.begin(for: user.id, work))
    }
    guard let (user, session) = begun else { throw AccountError.wrongCredentials }
    return try await access(user, session.id, session.token)
  }

  /// Ends every other session of the user's, and begins a new one.
  func change(
    _ id: UserID, from current: Password?, to password: Password, address: String?
  ) async throws -> Access {
    guard let user = try await store.read({ try User.find(id, in: $0) }) else { throw AccountError.noAccount }
    guard let current else { throw AccountError.currentPasswordIsWrong }
    let begun = try await proving(user.email, current, becoming: password, from: address) { user, work in
      try Session.endAll(of: id, because: "the password was changed", work)
      return (user, try Session.begin(for: id, work))
    }
    guard let (user, session) = begun else { throw AccountError.currentPasswordIsWrong }
    return try await access(user, session.id, session.token)
  }

  /// What becomes of the user who has this address and this password; nil when there is none.
  ///
  /// Attempts on an account from one network go one at a time: each knows how those before it ended.
  private func proving<Value: Sendable>(
    _ email: EmailAddress, _ password: Password, becoming next: Password? = nil, from address: String?,
    _ proven: @escaping @Sendable (User, UnitOfWork) throws -> Value
  ) async throws -> Value? {
    let network = NetworkLimit.network(of: address)
    try check(self.network.charge(network, at: store.now))
    let value = try await lanes.inTurn("\(email.folded) from \(network ?? "here")") {
      // Charged in the queue: whoever finds no place in it has not failed.
      try await hasher.queueing {
        try check(try await store.write { try LoginAttempts.charge(email, from: network, $0) })
        return try await proving(email, password, becoming: next, in: network, proven)
      }
    }
    guard let value else {
      count("refused")
      return nil
    }
    self.network.refund(network, at: store.now)
    count("logged-in")
    return value
  }

  private func proving<Value: Sendable>(
    _ email: EmailAddress, _ password: Password, becoming next: Password?, in network: String?,
    _ proven: @escaping @Sendable (User, UnitOfWork) throws -> Value
  ) async throws -> Value? {
    let known = try await store.read { try User.password(of: email, in: $0) }
    guard try await hasher.verify(password, against: known), let known else { return nil }
    // Kept as today's settings have it: the password is at hand now, and at no other time.
    let kept = next ?? (known.parameters == hasher.parameters ? nil : password)
    let better: PasswordHash? = if let kept { try await hasher.hash(kept) } else { nil }
    return try await store.write { work in
      // It took a while: what was proven may not be so any more.
      guard try User.password(of: email, in: work.database) == known,
        var user = try User.find(email, in: work.database)
      else { return nil }
      try LoginAttempts.forgive(email, from: network, work)
      if let better {
        user.updatedAt = work.now
        try user.setPassword(better, work)
      }
      return try proven(user, work)
    }
  }

  func refresh(_ token: RefreshToken) async throws -> Access {
    let refreshed = try await store.write { work in
      let refreshed = try Session.refresh(token, work)
      guard case .session(let session, let id, let next) = refreshed else {
        return (refreshed, nil as (User, String, RefreshToken)?)
      }
      return (refreshed, try User.find(id, in: work.database).map { ($0, session, next) })
    }
    if case .reused(let session, let user) = refreshed.0 {
      logger.warning(
        "A refresh token was used twice; its session has ended",
        metadata: ["session.id": "\(session)", "user.id": "\(user)"])
    }
    guard let (user, session, next) = refreshed.1 else { throw AccountError.refreshTokenIsNotAccepted }
    return try await access(user, session, next)
  }

  private func access(_ user: User, _ session: String, _ token: RefreshToken) async throws -> Access {
    let scopes = Set(user.role.scopes.map { Scope(rawValue: $0) })
    let jwt = try await keys.token(subject: user.id.rawValue, scopes: scopes, session: session)
    return Access(user: user, jwt: jwt, refreshToken: token)
  }

  private func check(_ wait: Duration?) throws {
    guard let wait else { return }
    count("limited")
    throw AccountError.tooManyAttempts(wait: .seconds(wait.inWholeSeconds))
  }

  private func count(_ outcome: String) {
    Counter(label: "accounts.attempts", dimensions: [("outcome", outcome)]).increment()
  }
}
