import Crypto
import Foundation
import HTTPTypes
import Logging
public import Storage
import Synchronization

/// Tells from a bearer token who asks: a JWT signed with ES256 by one of the issuer's keys.
///
/// The keys are fetched when they are first needed and then kept. They are fetched again when they are
/// older than the refresh interval, behind the back of the request that notices, and when a token names a key
/// that is not among them, but never more often than the shortest interval: tokens made up at random cannot
/// hammer the issuer. When the issuer is away, the keys it had go on being used.
public final class TokenVerifier: Sendable {
  private struct State {
    var keys: KeySet?
    var fetched: Timestamp?
    var tried: Timestamp?
    var refreshing: Task<Void, Never>?
    var accepted: TokenCache
  }

  /// Longer ones are refused unread; real ones are a few hundred bytes.
  private static let longestToken = 8192

  private let source: KeySource
  private let issuer: String?
  private let audience: String?
  private let refreshInterval: Duration
  private let shortestInterval: Duration
  private let waitsForKeys: Bool
  private let clock: @Sendable () -> Timestamp
  private let logger = Logger(label: "http.tokens")
  private let state: Mutex<State>

  /// - Parameters:
  ///   - jwks: where the keys are: `https://…`, `http://…` or `file://…`.
  ///   - issuer: the `iss` that tokens must have; nil to accept any.
  ///   - audience: the `aud` that tokens must have among theirs; nil to accept any.
  /// - Throws: ``KeySourceError`` when `jwks` is none of these addresses. Nothing is fetched yet.
  public convenience init(
    jwks: String, issuer: String? = nil, audience: String? = nil,
    refreshInterval: Duration = .seconds(300), clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws {
    self.init(
      source: try KeySource(url: jwks), issuer: issuer, audience: audience,
      refreshInterval: refreshInterval, clock: clock)
  }

  /// For the issuer itself, which has its keys at hand: what it publishes or withdraws counts a moment later.
  ///
  /// - Parameter keys: those whose signatures count.
  public convenience init(
    keys: @escaping @Sendable () async throws -> JSONWebKeySet,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    // Reading them is cheap, but not free: tokens made up at random lead to ten readings a second at most. A
    // request waits for it, so that the first one after a quiet night does not get in with a withdrawn key.
    self.init(
      source: KeySource { try JSON.encoder.encode(await keys()) }, refreshInterval: .seconds(1),
      shortestInterval: .milliseconds(100), waitsForKeys: true, clock: clock)
  }

  init(
    source: KeySource, issuer: String? = nil, audience: String? = nil,
    refreshInterval: Duration = .seconds(300), shortestInterval: Duration = .seconds(10),
    waitsForKeys: Bool = false, cacheCapacity: Int = 8192, clock: @escaping @Sendable () -> Timestamp
  ) {
    self.source = source
    self.issuer = issuer
    self.audience = audience
    self.refreshInterval = refreshInterval
    self.shortestInterval = shortestInterval
    self.waitsForKeys = waitsForKeys
    self.clock = clock
    state = Mutex(State(accepted: TokenCache(capacity: cacheCapacity)))
  }

  /// Who the `Authorization` header proves to ask.
  ///
  /// - Throws: the problem to answer with: 401, or 503 when no keys could ever be fetched.
  func principal(of headers: HTTPFields) async throws -> Principal {
    guard let header = headers[.authorization] else { throw Problem.tokenMissing }
    guard header.utf8.count > 7, header.prefix(7).lowercased() == "bearer " else {
      throw Problem.tokenMissing
    }
    return try await principal(bearing: String(header.dropFirst(7)))
  }

  func principal(bearing token: String) async throws -> Principal {
    guard token.utf8.count <= Self.longestToken else { throw Problem.tokenInvalid("is too long") }
    let digest = SHA256.hash(data: Array(token.utf8))
    let now = clock()
    var (known, age) = state.withLock { state in
      (state.accepted.principal(of: digest, at: now), state.fetched.map(now.since))
    }
    if let age, age >= refreshInterval, let refreshing = refresh(at: now), waitsForKeys {
      await refreshing.value
      known = state.withLock { $0.accepted.principal(of: digest, at: now) }
    }
    if let known { return known }

    let keys = try await keys(for: token, at: now)
    let claims: Claims
    do {
      claims = try await keys.claims(of: token)
    } catch {
      throw Problem.tokenInvalid("has a signature or content that is not right")
    }
    let principal = try claims.principal(issuer: issuer, audience: audience, at: now)
    state.withLock { state in
      // Keys that were replaced meanwhile vouch for nothing any more.
      guard state.keys == keys else { return }
      state.accepted.insert(principal, until: claims.expiry, for: digest)
    }
    return principal
  }

  /// The keys to check `token` with; the key that it names is among them.
  private func keys(for token: String, at now: Timestamp) async throws -> KeySet {
    guard let header = TokenHeader(of: token) else { throw Problem.tokenInvalid("is not a JWT") }
    guard header.alg == "ES256", header.crit == nil else {
      throw Problem.tokenInvalid("is not signed with ES256")
    }
    guard let kid = header.kid else { throw Problem.tokenInvalid("does not name its key") }
    if let keys = state.withLock({ $0.keys }), keys.has(kid) { return keys }
    await refresh(at: now)?.value
    guard let keys = state.withLock({ $0.keys }) else { throw Problem.keysUnavailable }
    guard keys.has(kid) else { throw Problem.tokenInvalid("is signed with an unknown key") }
    return keys
  }

  /// The refresh under way, or a new one; nil when the last one was a moment ago.
  private func refresh(at now: Timestamp) -> Task<Void, Never>? {
    state.withLock { state in
      if let refreshing = state.refreshing { return refreshing }
      if let tried = state.tried, tried <= now, now.since(tried) < shortestInterval { return nil }
      state.tried = now
      let refreshing = Task { await self.fetch(at: now) }
      state.refreshing = refreshing
      return refreshing
    }
  }

  private func fetch(at now: Timestamp) async {
    do {
      let keys = try await KeySet(jwks: try await source.fetch())
      state.withLock { state in
        if state.keys != keys { state.accepted.removeAll() }
        state.keys = keys
        state.fetched = now
        state.refreshing = nil
      }
    } catch {
      logger.warning("The keys of the issuer could not be fetched", metadata: ["error": "\(error)"])
      state.withLock { $0.refreshing = nil }
    }
  }

  /// For tests: waits for the refresh under way.
  func settled() async {
    await state.withLock { $0.refreshing }?.value
  }

  var cachedTokens: Int { state.withLock { $0.accepted.count } }
}
