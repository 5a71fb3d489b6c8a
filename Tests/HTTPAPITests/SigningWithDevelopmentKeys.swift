import Foundation
import Testing

@testable import HTTPAPI

/// Tokens on a machine without an issuer.
@Suite struct SigningWithDevelopmentKeys {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func `its tokens are accepted by who reads its key set`() async throws {
    let keys = try DevelopmentKeys(data: scratch.folder)
    let token = try await keys.token(subject: "ada", scopes: ["notes:read", "notes:write"])
    let principal = try await TokenVerifier(jwks: keys.jwks).principal(bearing: token)
    #expect(principal == Principal(subject: "ada", scopes: ["notes:read", "notes:write"]))
  }

  @Test func `its tokens live as long as was asked`() async throws {
    let keys = try DevelopmentKeys(data: scratch.folder)
    let time = TestTime()
    let verifier = try TokenVerifier(jwks: keys.jwks, clock: time.clock)
    let token = try await keys.token(subject: "ada", scopes: [], lifetime: .seconds(60), at: time.now)
    _ = try await verifier.principal(bearing: token)
    time.advance(by: .seconds(60))
    await #expect(throws: Problem.self) { try await verifier.principal(bearing: token) }
  }

  @Test func `the private key is for its owner only, and not in the key set`() throws {
    _ = try DevelopmentKeys(data: scratch.folder)
    let folder = "\(scratch.folder)/keys"
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/development.pem")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let jwks = try String(contentsOfFile: "\(folder)/jwks.json", encoding: .utf8)
    #expect(jwks.contains(#""kty":"EC""#))
    #expect(!jwks.contains(#""d":"#))
  }

  @Test func `the key stays the same from one start to the next`() async throws {
    let token = try await DevelopmentKeys(data: scratch.folder).token(subject: "ada", scopes: [])
    let again = try DevelopmentKeys(data: scratch.folder)
    let principal = try await TokenVerifier(jwks: again.jwks).principal(bearing: token)
    #expect(principal.subject == "ada")
  }

  @Test func `many that start at once end with one key`() async throws {
    let folder = scratch.folder
    let tokens = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<16 {
        group.addTask {
          try await DevelopmentKeys(data: folder).token(subject: "user-\(number)", scopes: [])
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let verifier = try TokenVerifier(jwks: try DevelopmentKeys(data: folder).jwks)
    for token in tokens { _ = try await verifier.principal(bearing: token) }
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/keys")
    #expect(files.sorted() == ["development.pem", "jwks.json"])
  }
}
