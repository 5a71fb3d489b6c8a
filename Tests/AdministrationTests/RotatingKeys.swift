import Administration
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Keys are replaced while everybody stays logged in, or at once when they are in the wrong hands.
@Suite struct RotatingKeys {
  struct ReadKey: Decodable, Hashable {
    let kid: String
    let state: String
    let activeAt: String
    let withdrawnAt: String?
  }

  private struct Published: Decodable {
    struct Key: Decodable {
      let kid: String
    }

    let keys: [Key]
  }

  let clock = TestClock()

  private func bench(folder: String? = nil) throws -> ServiceBench {
    try .administration(folder: folder, clock: { [clock] in clock.now })
  }

  private func published(_ caller: Caller) async throws -> [String] {
    try await caller.get("/.well-known/jwks.json", token: "").json(Published.self).keys.map(\.kid)
  }

  private func rotate(_ caller: Caller, _ body: String, token: String) async throws -> [ReadKey] {
    let answer = try await caller.send(.post, "/keys/rotate", body, token: token)
    try #require(answer.status == .ok, "\(answer.text)")
    return try answer.json(ReadPage<ReadKey>.self).items
  }

  /// The key that a token says it is signed with.
  private func kid(of token: String) throws -> String {
    var text = String(token.prefix { $0 != "." }).replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.count % 4) % 4)
    let header = try #require(Data(base64Encoded: text))
    return try JSONDecoder().decode(Published.Key.self, from: header).kid
  }

  @Test
  func `a new key is published before it signs, the old one as long as what it signed counts`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      var access = try await visitor.signUp()
      let first = access.jwt
      let old = try kid(of: first)
      let token = try await LocalTokens.make(
        dataFolder: bench.folder, subject: "operator", scopes: AdministrationService.allScopes,
        lifetime: .days(1))
      #expect(try await published(visitor) == [old])

      let keys = try await rotate(visitor, "{}", token: token)
      #expect(keys.map(\.state) == ["announced", "signing"])
      let new = keys[0].kid
      #expect(keys[1].kid == old)
      #expect(Timestamp(keys[0].activeAt) == clock.now + .seconds(600))
      #expect(try await Set(published(visitor)) == [new, old])
      #expect(try await rotate(visitor, #"{"compromised":false}"#, token: token) == keys)

      // Verifiers look every five minutes: for ten, the new key has signed nothing.
      clock.pass(.milliseconds(599_999))
      access = try await visitor.refresh(access.refreshToken).json()
      #expect(try kid(of: access.jwt) == old)
      clock.pass(.milliseconds(1))
      access = try await visitor.refresh(access.refreshToken).json()
      #expect(try kid(of: access.jwt) == new)
      for jwt in [first, access.jwt] {
        #expect(try await visitor.get("/users/me", token: jwt).status == .ok)
      }

      // What the old key signed last has ended by then.
      clock.pass(.milliseconds(4_499_999))
      #expect(try await Set(published(visitor)) == [new, old])
      #expect(try await visitor.get("/keys", token: token).status == .ok)
      clock.pass(.milliseconds(1))
      #expect(try await published(visitor) == [new])
      access = try await visitor.refresh(access.refreshToken).json()
      clock.pass(.seconds(2))
      access = try await visitor.refresh(access.refreshToken).json()
      #expect(try await visitor.get("/users/me", token: access.jwt).status == .ok)
      try await visitor.untilRefused(token)
    }
  }

  @Test func `keys in the wrong hands count no more, and nobody has to log in again`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      var access = try await visitor.signUp()
      let stolen = access.jwt
      let token = try await bench.operatorToken()
      _ = try await rotate(visitor, "{}", token: token)
      #expect(try await visitor.get("/users/me", token: stolen).status == .ok)

      clock.pass(.milliseconds(200))
      let keys = try await rotate(visitor, #"{"compromised":true}"#, token: token)
      #expect(keys.map(\.state).sorted() == ["signing", "withdrawn", "withdrawn"])
      let new = try #require(keys.first { $0.state == "signing" })
      #expect(keys.filter { $0.kid != new.kid }.allSatisfy { $0.withdrawnAt != nil })
      #expect(try await published(visitor) == [new.kid])

      access = try await visitor.refresh(access.refreshToken).json()
      #expect(try kid(of: access.jwt) == new.kid)
      // The first token by the new key makes the keys be read anew.
      #expect(try await visitor.get("/users/me", token: access.jwt).status == .ok)
      for old in [stolen, token] {
        let refused = try await visitor.get("/users/me", token: old)
        #expect(refused.status == .unauthorized)
        #expect(refused.problem == "token-invalid")
      }
    }
  }

  @Test func `what is withdrawn ceases to count within a second, also when nobody refreshes`() async throws {
    let bench = try bench()
    try await bench.visited { visitor in
      let stolen = try await visitor.signUp().jwt
      #expect(try await visitor.get("/users/me", token: stolen).status == .ok)
      _ = try await rotate(visitor, #"{"compromised":true}"#, token: try await bench.operatorToken())
      clock.pass(.seconds(1))
      try await visitor.untilRefused(stolen)
    }
  }

  @Test func `a rotation with the same key is one rotation`() async throws {
    let bench = try await bench().withKeys()
    try await bench.visited { visitor in
      let token = try await bench.operatorToken()
      var kids: Set<String> = []
      for _ in 0..<2 {
        let answer = try await visitor.send(
          .post, "/keys/rotate", #"{"compromised":true}"#, token: token, key: "k")
        #expect(answer.status == .ok)
        kids.formUnion(try answer.json(ReadPage<ReadKey>.self).items.map(\.kid))
      }
      #expect(kids.count == 2)
      #expect(try await bench.count("SELECT count(*) FROM signing_keys") == 2)
    }
  }

  @Test func `a restart changes no key`() async throws {
    let first = try bench()
    defer { withExtendedLifetime(first) {} }
    let mine = Box<ReadAccess>()
    try await first.visited { mine.value = try await $0.signUp() }
    try await first.store.close()
    let access = try #require(mine.value)
    try await bench(folder: first.folder).visited { visitor in
      let me = try await visitor.get("/users/me", token: access.jwt)
      #expect(me.status == .ok)
      #expect(try await published(visitor) == [kid(of: access.jwt)])
      #expect(try await visitor.refresh(access.refreshToken).status == .ok)
    }
  }

  @Test func `nothing that is answered holds a private key`() async throws {
    let bench = try await bench().withKeys()
    try await bench.visited { visitor in
      let token = try await bench.operatorToken()
      let rotated = try await visitor.send(.post, "/keys/rotate", "{}", token: token)
      let keys = try await visitor.get("/keys", token: token)
      let open = try await visitor.get("/.well-known/jwks.json")
      #expect(open.headers[.contentType] == "application/jwk-set+json")
      #expect(open.headers[.cacheControl] == "public, max-age=60")
      let known: Set = [
        "keys", "kty", "crv", "alg", "use", "kid", "x", "y",
        "items", "next", "state", "createdAt", "activeAt", "withdrawnAt",
      ]
      for answer in [rotated, keys, open] {
        #expect(answer.status == .ok)
        let names = Set(answer.text.matches(of: #/"([A-Za-z]+)":/#).map { String($0.output.1) })
        #expect(names.contains("kid"))
        #expect(names.isSubset(of: known), "\(names)")
      }
    }
  }
}

extension Caller {
  /// Asks until the token counts no more: keys are read anew behind the back of the request that notices.
  fileprivate func untilRefused(_ token: String) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await get("/users/me", token: token).status != .unauthorized {
      try #require(ContinuousClock.now < deadline, "the token still counts")
    }
  }
}
