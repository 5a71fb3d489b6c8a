import Crypto
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// How a source shows who it is.
@Suite(.timeLimit(.minutes(2))) struct SigningEvents {
  /// From the test vectors of the Standard Webhooks reference libraries.
  private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  @Test func `signs as Standard Webhooks does`() throws {
    let signer = try #require(WebhookSigner(secret))
    let headers = signer.headers(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: Array(#"{"test": 2432232314}"#.utf8),
      at: Date(timeIntervalSince1970: 1_614_265_330))
    #expect(headers.map(\.0) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
    #expect(
      headers.map(\.1) == [
        "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      ])
  }

  @Test func `each event is signed as it is sent`() async throws {
    try await source(configured { ($0.secret, $0.key) = (secret, "unused") }) { _, address, calls in
      _ = try await address.sendEvents(2, rate: 1000, prefix: "p")
      let key = SymmetricKey(data: try #require(Data(base64Encoded: String(secret.dropFirst(6)))))
      for call in calls.all {
        #expect(call.headers[HTTPField.Name("webhook-id")!] == call.id)
        let timestamp = try #require(call.headers[HTTPField.Name("webhook-timestamp")!])
        #expect(abs(Date().timeIntervalSince1970 - (Double(timestamp) ?? 0)) < 60)
        let signed = Data("\(call.id).\(timestamp).\(String(buffer: call.body))".utf8)
        let code = Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).base64EncodedString()
        #expect(call.headers[HTTPField.Name("webhook-signature")!] == "v1,\(code)")
        #expect(call.headers[.authorization] == nil)
      }
      #expect(calls.all.count == 2)
    }
  }

  @Test func `a key is shown as a bearer token, and never told`() async throws {
    try await source(configured { $0.key = "wbk-very-secret" }) { _, address, calls in
      _ = try await address.sendEvents(1, rate: 1000)
      #expect(calls.all.map { $0.headers[.authorization] } == ["Bearer wbk-very-secret"])
      for (method, path) in [(HTTPMethod.GET, "stats"), (.POST, "stop"), (.POST, "send"), (.POST, "rate")] {
        let reply = try await address.send(method, "/simulator/\(path)")
        #expect(!String(buffer: reply.body).contains("secret"))
        #expect(!reply.headers.description.contains("secret"))
      }
    }
  }

  @Test func `a configuration does not tell its secrets`() {
    var source = SourceConfiguration()
    (source.key, source.secret) = ("very-secret", "whsec_very-secret")
    var target = TargetConfiguration()
    target.token = "very-secret"
    for text in ["\(source)", String(reflecting: source), "\(target)", String(reflecting: target)] {
      #expect(!text.contains("secret"))
    }
    var dumped = ""
    dump(source, to: &dumped)
    dump(target, to: &dumped)
    #expect(!dumped.contains("secret"))
  }

  @Test func `settings are read, and a wrong one is named without its value`() throws {
    let configuration = try SourceConfiguration(environment: [
      "SOURCE_SIMULATOR_PORT": "7", "SOURCE_SIMULATOR_URL": "https://gateway/events",
      "SOURCE_SIMULATOR_KEY": "k", "SOURCE_SIMULATOR_SECRET": secret, "SOURCE_SIMULATOR_RATE": "2.5",
    ])
    #expect(configuration.port == 7)
    #expect(configuration.url == "https://gateway/events")
    #expect(configuration.key == "k")
    #expect(configuration.secret == secret)
    #expect(configuration.rate == 2.5)
    let standard = try SourceConfiguration(environment: ["SOURCE_SIMULATOR_URL": ""])
    #expect(standard.port == 8091)
    #expect(standard.url == "http://127.0.0.1:8085/events")
    #expect(standard.rate == 0)
    #expect(standard.key == nil && standard.secret == nil)
    for (key, value) in [
      ("PORT", "77777"), ("URL", "ftp://77777"), ("SECRET", "77777"), ("SECRET", "whsec_"),
      ("SECRET", "whsec_77777!"), ("RATE", "-77777"), ("RATE", "nan"),
    ] {
      let error = #expect(throws: SimulatorSettingError.self) {
        try SourceConfiguration(environment: ["SOURCE_SIMULATOR_\(key)": value])
      }
      #expect(error?.key == "SOURCE_SIMULATOR_\(key)")
      #expect(error?.description.contains("77777") == false)
    }
  }
}
