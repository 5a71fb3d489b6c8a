import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import Testing

@testable import HTTPAPI

/// The issuer's side: signing tokens, and telling by the keys at hand which still count.
@Suite struct SigningWithKeys {
  let key: SigningKey
  let ring: KeyRing
  let time = TestTime()
  let verifier: TokenVerifier

  init() throws {
    key = try SigningKey()
    ring = KeyRing(key)
    verifier = TokenVerifier(keys: { [ring] in ring.read() }, clock: time.clock)
  }

  private func token(_ key: SigningKey, subject: String = "ada") async throws -> String {
    try await key.token(
      subject: subject, scopes: ["notes:read"], lifetime: .hours(24 * 30), at: time.now)
  }

  private func subject(of token: String) async throws -> String {
    try await verifier.principal(bearing: token).subject
  }

  @Test func `a token says who, what for, of which log-in and for how long`() async throws {
    let token = try await key.token(
      subject: "ada", scopes: ["notes:write", "notes:read"], session: "s1", lifetime: .seconds(90),
      at: time.now)
    let principal = try await verifier.principal(bearing: token)
    #expect(
      principal
        == Principal(
          subject: "ada", scopes: ["notes:read", "notes:write"], session: "s1",
          expires: time.now + .seconds(90)))
    time.advance(by: .seconds(89))
    let later = try await verifier.principal(bearing: token)
    #expect(later == principal)
    time.advance(by: .seconds(1))
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
  }

  @Test func `its tokens are accepted by whoever reads the published keys over HTTP`() async throws {
    let router = Router()
    let published = ring.published
    router.get("/jwks.json") { _, _ in try Reply.keys(published, maxAge: .seconds(60)).response() }
    let (token, time) = (try await token(key), time)
    try await Application(responder: router.buildResponder()).test(.live) { client in
      let shown = try await client.get("/jwks.json")
      #expect(shown.headers[.contentType] == "application/jwk-set+json")
      #expect(shown.headers[.cacheControl] == "public, max-age=60")
      let port = try #require(client.port)
      let other = try TokenVerifier(jwks: "http://localhost:\(port)/jwks.json", clock: time.clock)
      let principal = try await other.principal(bearing: token)
      #expect(principal.subject == "ada")
    }
  }

  @Test func `a key that was written down and read again is the same`() async throws {
    let again = try SigningKey(pem: key.pem)
    #expect(again.kid == key.kid)
    #expect(again.publicKey == key.publicKey)
    let who = try await subject(of: token(again))
    #expect(who == "ada")
  }

  @Test func `another key is another name, and its tokens do not count`() async throws {
    let other = try SigningKey()
    #expect(other.kid != key.kid)
    let token = try await token(other)
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
  }

  /// RFC 7638: the digest of the required members, in the order of their names.
  @Test func `a key is named by its thumbprint, and its point is written in full`() throws {
    // One number in 256 begins with a zero byte, which a careless encoding leaves out.
    for _ in 0..<600 {
      let key = try SigningKey().publicKey
      #expect(Data(base64URL: key.x)?.count == 32)
      #expect(Data(base64URL: key.y)?.count == 32)
      let members = ["crv": "P-256", "kty": "EC", "x": key.x, "y": key.y]
      let json = try JSONSerialization.data(withJSONObject: members, options: .sortedKeys)
      #expect(key.kid == Data(SHA256.hash(data: json)).base64URL)
    }
  }

  @Test func `whatever shows a key shows nothing of its private half`() throws {
    struct Holder { let key: SigningKey }
    var shown = [key.description, key.debugDescription, "\(key)", "\([key])", "\(["key": key])"]
    shown += [String(reflecting: key), String(describing: key), "\(Holder(key: key))"]
    shown += [
      String(reflecting: Holder(key: key)), "\(Mirror(reflecting: key).children.map(\.value))",
    ]
    for subject in [key, Holder(key: key), [key]] as [Any] {
      var text = ""
      dump(subject, to: &text)
      shown.append(text)
    }
    let secret = key.pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
    #expect(secret.count >= 2)
    for text in shown {
      #expect(text.contains(key.kid))
      #expect(!text.contains("PRIVATE"))
      for line in secret { #expect(!text.contains(line)) }
    }
  }

  @Test func `a text that is no key is refused, and not repeated`() throws {
    let broken = key.pem.replacing("\n", with: "\nnot-a-key", maxReplacements: 1)
    let error = #expect(throws: (any Error).self) { try SigningKey(pem: broken) }
    let text = "\(try #require(error))" + String(reflecting: try #require(error))
    for line in key.pem.split(separator: "\n").dropFirst() { #expect(!text.contains(line)) }
  }

  @Test func `a key that is new counts at once`() async throws {
    _ = try await subject(of: token(key))
    let second = try SigningKey()
    ring.publish(second)
    time.advance(by: .milliseconds(100))
    let newcomer = try await subject(of: token(second, subject: "grace"))
    #expect(newcomer == "grace")
    let regular = try await subject(of: token(key, subject: "joan"))
    #expect(regular == "joan")
    #expect(ring.reads == 2)
  }

  @Test func `a token of a withdrawn key is refused a second later, though it was accepted before`()
    async throws
  {
    let token = try await token(key)
    let before = try await subject(of: token)
    #expect(before == "ada")
    ring.publish(try SigningKey())
    ring.withdraw(key)
    time.advance(by: .milliseconds(999))
    let meanwhile = try await subject(of: token)
    #expect(meanwhile == "ada")
    #expect(ring.reads == 1)
    time.advance(by: .milliseconds(1))
    let problem = await #expect(throws: Problem.self) {
      try await verifier.principal(bearing: token)
    }
    #expect(problem?.status == .unauthorized)
  }

  @Test func `who has not asked for long does not get in with a withdrawn key either`() async throws {
    let (token, fresh) = (try await token(key), try await token(key, subject: "grace"))
    let known = try await subject(of: token)
    #expect(known == "ada")
    ring.withdraw(key)
    time.advance(by: .hours(12))
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: fresh) }
  }

  @Test func `keys that cannot be read for a while go on counting`() async throws {
    struct Locked: Error {}
    let answers = InTurn<Result<JSONWebKeySet, Locked>>([
      .success(ring.published), .failure(Locked()),
    ])
    let verifier = TokenVerifier(keys: { try answers.next().get() }, clock: time.clock)
    for name in ["ada", "grace", "joan"] {
      let principal = try await verifier.principal(bearing: try await token(key, subject: name))
      #expect(principal.subject == name)
      time.advance(by: .seconds(5))
    }
  }

  @Test func `keys made up at random lead to ten readings a second at most`() async throws {
    _ = try await subject(of: token(key))
    for number in 0..<200 {
      time.advance(by: .milliseconds(10))
      let header = Data(#"{"alg":"ES256","kid":"random-\#(number)"}"#.utf8).base64URL
      await #expect(throws: Problem.self) {
        try await verifier.principal(bearing: "\(header).e30.AA")
      }
    }
    #expect((20...21).contains(ring.reads))
  }
}
