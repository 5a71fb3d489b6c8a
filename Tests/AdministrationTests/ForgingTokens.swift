import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Administration believes what it signed itself, for as long as it said.
@Suite struct ForgingTokens {
  /// A part of a token.
  private func encoded(_ json: String) -> String {
    Data(json.utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  @Test func `what it did not sign is refused`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let access = try await visitor.signUp()
      let parts = access.jwt.split(separator: ".")
      let keys = try await visitor.get("/.well-known/jwks.json").text
      let kid = try #require(keys.firstMatch(of: #/"kid":"([^"]+)"/#)?.output.1)
      let claims = encoded(#"{"sub":"\#(access.user.id)","exp":9999999999,"scope":"account keys:read"}"#)
      let stranger = try await SigningKey().token(subject: access.user.id, scopes: ["account"])
      let strange = stranger.split(separator: ".")
      let forged = [
        "alg none": encoded(#"{"alg":"none","kid":"\#(kid)"}"#) + ".\(claims).",
        "alg none, signed": encoded(#"{"alg":"none","kid":"\#(kid)"}"#) + ".\(claims).\(parts[2])",
        "HS256": encoded(#"{"alg":"HS256","kid":"\#(kid)"}"#) + ".\(claims).\(parts[2])",
        "other claims": "\(parts[0]).\(claims).\(parts[2])",
        "no signature": "\(parts[0]).\(parts[1]).",
        "another key": stranger,
        "another key under a known name": "\(parts[0]).\(strange[1]).\(strange[2])",
        "a refresh token": access.refreshToken,
      ]
      #expect(try await visitor.get("/users/me", token: access.jwt).status == .ok)
      for (name, token) in forged {
        let answer = try await visitor.get("/users/me", token: token)
        #expect(answer.status == .unauthorized, "\(name)")
        #expect(answer.problem == "token-invalid", "\(name)")
      }
    }
  }

  @Test func `a token counts for an hour, from its log-in or refresh on`() async throws {
    let clock = TestClock(Timestamp(milliseconds: Timestamp.now.milliseconds / 1000 * 1000))
    let bench = try ServiceBench.administration(clock: { clock.now })
    try await bench.visited { visitor in
      let access = try await visitor.signUp()
      clock.pass(.hours(1) - .milliseconds(1))
      #expect(try await visitor.get("/users/me", token: access.jwt).status == .ok)
      clock.pass(.milliseconds(1))
      #expect(try await visitor.get("/users/me", token: access.jwt).problem == "token-invalid")
      let next: ReadAccess = try await visitor.refresh(access.refreshToken).json()
      #expect(try await visitor.get("/users/me", token: next.jwt).status == .ok)
    }
  }
}
