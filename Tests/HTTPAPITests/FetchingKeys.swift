import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import Testing

@testable import HTTPAPI

/// The issuer's keys: fetched, kept, fetched again.
@Suite struct FetchingKeys {
  let issuer = Issuer(kids: "k1")
  let time = TestTime()
  let verifier: TokenVerifier

  init() {
    verifier = TokenVerifier(source: issuer.source, cacheCapacity: 8, clock: time.clock)
  }

  private func token(_ kid: String, subject: String = "ada") async throws -> String {
    try await issuer.token(kid, subject: subject, expires: time.now + .hours(2))
  }

  @Test func `many first requests share one fetch`() async throws {
    let token = try await token("k1")
    let subjects = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try await verifier.principal(bearing: token).subject } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(subjects == ["ada"])
    #expect(issuer.fetches == 1)
  }

  @Test func `a key that is new to us is fetched when a token names it`() async throws {
    _ = try await verifier.principal(bearing: try await token("k1"))
    issuer.add("k2")
    time.advance(by: .seconds(10))
    let principal = try await verifier.principal(bearing: try await token("k2", subject: "grace"))
    #expect(principal.subject == "grace")
    #expect(issuer.fetches == 2)
  }

  @Test func `tokens that name keys at random do not hammer the issuer`() async throws {
    _ = try await verifier.principal(bearing: try await token("k1"))
    time.advance(by: .seconds(10))
    for number in 0..<50 {
      let header = Data(#"{"alg":"ES256","kid":"random-\#(number)"}"#.utf8).base64URL
      await #expect(throws: Problem.self) { try await verifier.principal(bearing: "\(header).e30.AA") }
      time.advance(by: .milliseconds(199))
    }
    #expect(issuer.fetches == 2)
  }

  @Test func `while the issuer is away its tokens go on being accepted`() async throws {
    _ = try await verifier.principal(bearing: try await token("k1"))
    issuer.goAway()
    for round in 0..<5 {
      time.advance(by: .seconds(600))
      let principal = try await verifier.principal(bearing: try await token("k1", subject: "user-\(round)"))
      #expect(principal.subject == "user-\(round)")
      await verifier.settled()
    }
    #expect(issuer.fetches == 6)
  }

  @Test func `as long as no keys could be fetched the answer is 503, not 401`() async throws {
    issuer.goAway()
    let token = try await token("k1")
    for _ in 0..<3 {
      let problem = await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
      #expect(problem?.status == .serviceUnavailable)
      #expect(problem?.headers[.retryAfter] != nil)
    }
    #expect(issuer.fetches == 1)
    issuer.comeBack()
    time.advance(by: .seconds(10))
    let principal = try await verifier.principal(bearing: token)
    #expect(principal.subject == "ada")
  }

  @Test func `keys are fetched again after five minutes, and nobody waits for it`() async throws {
    let token = try await token("k1")
    _ = try await verifier.principal(bearing: token)
    time.advance(by: .seconds(299))
    _ = try await verifier.principal(bearing: token)
    await verifier.settled()
    #expect(issuer.fetches == 1)
    time.advance(by: .seconds(1))
    _ = try await verifier.principal(bearing: token)
    await verifier.settled()
    #expect(issuer.fetches == 2)
  }

  @Test func `a token of a withdrawn key is refused once the keys were fetched again`() async throws {
    let token = try await token("k1")
    _ = try await verifier.principal(bearing: token)
    issuer.add("k2")
    issuer.withdraw("k1")
    time.advance(by: .seconds(300))
    _ = try? await verifier.principal(bearing: token)
    await verifier.settled()
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
  }

  @Test func `a key that was replaced under the same id no longer vouches for accepted tokens`() async throws
  {
    let token = try await token("k1")
    _ = try await verifier.principal(bearing: token)
    issuer.add("k1")
    time.advance(by: .seconds(300))
    _ = try await verifier.principal(bearing: token)
    await verifier.settled()
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
  }

  @Test func `a document that is no key set changes nothing`() async throws {
    let answers = InTurn([issuer.jwks, Data("<html>".utf8), Data(#"{"keys":[]}"#.utf8)])
    let verifier = TokenVerifier(source: KeySource { answers.next() }, clock: time.clock)
    _ = try await verifier.principal(bearing: try await token("k1"))
    time.advance(by: .seconds(300))
    _ = try await verifier.principal(bearing: try await token("k1"))
    await verifier.settled()
    let principal = try await verifier.principal(bearing: try await token("k1", subject: "grace"))
    #expect(principal.subject == "grace")
  }

  @Test func `keys of other kinds in the document are left out`() async throws {
    let mixed = String(decoding: issuer.jwks, as: UTF8.self).replacing(
      #"{"keys":["#,
      with: #"{"keys":[{"kty":"RSA","kid":"r","n":"AQ","e":"AQAB"},{"kty":"oct","k":"c2VjcmV0"},"#)
    let keys = try await KeySet(jwks: Data(mixed.utf8))
    #expect(keys.has("k1"))
    #expect(!keys.has("r"))
  }

  @Test func `accepted tokens are remembered within bounds`() async throws {
    for number in 0..<50 {
      _ = try await verifier.principal(bearing: try await token("k1", subject: "user-\(number)"))
    }
    #expect(verifier.cachedTokens <= 8)
    #expect(verifier.cachedTokens >= 4)
  }

  @Test func `keys are fetched over HTTP`() async throws {
    let router = Router()
    let jwks = issuer.jwks
    router.get("/jwks.json") { _, _ in ByteBuffer(bytes: jwks) }
    let token = try await token("k1")
    let time = time
    try await Application(responder: router.buildResponder()).test(.live) { client in
      let port = try #require(client.port)
      let verifier = try TokenVerifier(jwks: "http://localhost:\(port)/jwks.json", clock: time.clock)
      let principal = try await verifier.principal(bearing: token)
      #expect(principal.subject == "ada")
      let lost = try TokenVerifier(jwks: "http://localhost:\(port)/nowhere", clock: time.clock)
      let problem = await #expect(throws: Problem.self) { try await lost.principal(bearing: token) }
      #expect(problem?.status == .serviceUnavailable)
    }
  }

  @Test(arguments: ["", "jwks.json", "ftp://example/jwks.json", "not an address"])
  func `an address of another kind is refused at once`(_ address: String) {
    #expect(throws: KeySourceError.notAnAddress) { try TokenVerifier(jwks: address) }
  }
}
