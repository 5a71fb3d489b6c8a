import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTKit
import Storage
import Testing

@testable import HTTPAPI

/// From a bearer token to a principal.
@Suite struct ProvingWhoAsks {
  let service: NotesService

  init() throws { service = try NotesService() }

  /// Asks for a note that does not exist: 404 means that the token was accepted.
  private func asking(_ authorization: String?) async throws -> TestResponse {
    var headers: HTTPFields = [:]
    headers[.authorization] = authorization
    return try await service.app().test(.router) { [headers] in try await $0.get("/notes/1", headers) }
  }

  private func refused(_ response: TestResponse) throws -> String {
    #expect(response.status == .unauthorized)
    #expect(try response.problem().type == "urn:waybill:problem:token-invalid")
    return try #require(response.headers[.wwwAuthenticate])
  }

  @Test func `a token of the issuer proves its subject`() async throws {
    let headers = try await service.signedIn(subject: "grace")
    let text = try await service.app().test(.router) { client in
      _ = try await client.post("/notes", headers, #"{"name":"one"}"#)
      return try await client.get("/notes/1", headers).text
    }
    #expect(text == #"{"name":"one","reader":"grace"}"#)
  }

  @Test(arguments: [nil, "", "Basic YTpi", "Bearer", "Bearer "])
  func `without a token the answer says how to bring one`(_ authorization: String?) async throws {
    let response = try await asking(authorization)
    #expect(response.status == .unauthorized)
    #expect(response.headers[.wwwAuthenticate] == #"Bearer realm="waybill""#)
    #expect(try response.problem().type == "urn:waybill:problem:token-missing")
  }

  @Test func `the scheme may be written in any case`() async throws {
    let response = try await asking("bearer \(service.token())")
    #expect(response.status == .notFound)
  }

  @Test(arguments: [
    "x", "a.b", "a.b.c", "....", "eyJ.eyJ.x", "ä.ö.ü", #"eyJhbGciOiJFUzI1NiJ9.e30.AA"#,
    String(repeating: "a", count: 9000),
  ])
  func `garbage is refused`(_ token: String) async throws {
    let header = try refused(try await asking("Bearer \(token)"))
    #expect(header.contains(#"error="invalid_token""#))
  }

  @Test(arguments: ["none", "None", "HS256", "ES384", "RS256"])
  func `a token that claims another algorithm is refused`(_ algorithm: String) async throws {
    let token = try await service.token()
    let payload = token.split(separator: ".")[1]
    let signature = token.split(separator: ".")[2]
    let header = Data(#"{"alg":"\#(algorithm)","kid":"k1","typ":"JWT"}"#.utf8).base64URL
    for ending in ["", String(signature)] {
      let answer = try refused(try await asking("Bearer \(header).\(payload).\(ending)"))
      #expect(answer.contains("is not signed with ES256"))
    }
  }

  @Test func `a token signed with the public key as a shared secret is refused`() async throws {
    let kid = JWKIdentifier(string: "k1")
    let secret = HMACKey(from: service.issuer.publicPEM("k1"))
    let claims = Claims(sub: "mallory", exp: 4e9, scope: "notes:read")
    let token = try await JWTKeyCollection().add(hmac: secret, digestAlgorithm: .sha256, kid: kid)
      .sign(claims, kid: kid)
    _ = try refused(try await asking("Bearer \(token)"))
  }

  @Test func `a token signed by somebody else under the issuer's key id is refused`() async throws {
    let token = try await Issuer.sign(ES256PrivateKey(), "k1", expires: service.time.now + .hours(1))
    let header = try refused(try await asking("Bearer \(token)"))
    #expect(header.contains("signature"))
  }

  @Test func `a token whose claims were changed is refused`() async throws {
    let parts = try await service.token().split(separator: ".")
    let claims = Data(#"{"sub":"root","exp":4000000000,"scope":"notes:read"}"#.utf8).base64URL
    _ = try refused(try await asking("Bearer \(parts[0]).\(claims).\(parts[2])"))
  }

  @Test func `a token that must be understood in ways we do not know is refused`() async throws {
    let header = Data(#"{"alg":"ES256","kid":"k1","crit":["b64"]}"#.utf8).base64URL
    _ = try refused(try await asking("Bearer \(header).e30.AA"))
  }

  @Test func `a token is refused from the moment it expires, also when it was accepted before`() async throws
  {
    let token = try await service.token()
    #expect(try await asking("Bearer \(token)").status == .notFound)
    service.time.advance(by: .seconds(3599))
    #expect(try await asking("Bearer \(token)").status == .notFound)
    service.time.advance(by: .seconds(1))
    let header = try refused(try await asking("Bearer \(token)"))
    #expect(header.contains(#"error="invalid_token", error_description="The token has expired""#))
  }

  @Test func `a token that does not expire is refused`() async throws {
    let token = try await service.issuer.token("k1", expires: service.time.now) { $0.exp = nil }
    _ = try refused(try await asking("Bearer \(token)"))
  }

  @Test(arguments: [1e300, -1, 9.3e15])
  func `an absurd time of expiry harms nobody`(_ expiry: Double) async throws {
    let token = try await service.issuer.token("k1", expires: service.time.now) { $0.exp = expiry }
    let status = try await asking("Bearer \(token)").status
    #expect(status == (expiry > 0 ? .notFound : .unauthorized))
  }

  @Test func `a token that is not valid yet is refused until it is`() async throws {
    let start = Double((service.time.now + .seconds(10)).milliseconds) / 1000
    let token = try await service.issuer.token("k1", expires: service.time.now + .hours(1)) { $0.nbf = start }
    _ = try refused(try await asking("Bearer \(token)"))
    service.time.advance(by: .seconds(10))
    #expect(try await asking("Bearer \(token)").status == .notFound)
  }

  @Test func `a token without a subject is refused`() async throws {
    let token = try await service.issuer.token("k1", subject: "", expires: service.time.now + .hours(1))
    _ = try refused(try await asking("Bearer \(token)"))
  }

  @Test func `a token without the route's scope is told which one is missing`() async throws {
    let token = try await service.token(scope: "notes:write notes:reader")
    let response = try await asking("Bearer \(token)")
    #expect(response.status == .forbidden)
    #expect(try response.problem().type == "urn:waybill:problem:insufficient-scope")
    #expect(
      response.headers[.wwwAuthenticate]
        == #"Bearer realm="waybill", error="insufficient_scope", scope="notes:read""#)
  }

  @Test func `a token must come from the configured issuer`() async throws {
    let verifier = TokenVerifier(
      source: service.issuer.source, issuer: "https://id.example", clock: service.time.clock)
    let expires = service.time.now + .hours(1)
    let good = try await service.issuer.token("k1", expires: expires) { $0.iss = "https://id.example" }
    let principal = try await verifier.principal(bearing: good)
    #expect(principal.subject == "ada")
    for issuer in [nil, "https://id.example.evil"] {
      let bad = try await service.issuer.token("k1", expires: expires) { $0.iss = issuer }
      await #expect(throws: Problem.self) { try await verifier.principal(bearing: bad) }
    }
  }

  @Test(arguments: [
    (#""notes""#, true), (#"["other","notes"]"#, true), (#""other""#, false), ("[]", false), ("null", false),
  ])
  func `a token must be meant for the configured audience`(_ audience: String, _ accepted: Bool) async throws
  {
    let verifier = TokenVerifier(
      source: service.issuer.source, audience: "notes", clock: service.time.clock)
    let token = try await service.issuer.token("k1", expires: service.time.now + .hours(1)) {
      $0.aud = try? JSONDecoder().decode(Audience?.self, from: Data(audience.utf8))
    }
    let principal = try? await verifier.principal(bearing: token)
    #expect((principal != nil) == accepted)
  }
}
