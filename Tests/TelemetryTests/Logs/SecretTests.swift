import Logging
import Testing

@testable import Telemetry

@Suite("Hiding secrets")
struct SecretTests {
  let lines = LogLines()

  @Test(arguments: [
    "password", "db.password", "PASSWD", "token", "accessToken", "refresh_token", "Authorization",
    "http.request.header.authorization", "client-secret", "api_key", "X-Api-Key", "apiKey", "set-cookie",
    "private_key", "credentials",
  ])
  func `hides the value of a key that names a secret`(key: String) throws {
    lines.logger().info("in", metadata: [key: "hunter2"])
    #expect(try lines.only()[key] == "[redacted]")
    #expect(!lines.texts[0].contains("hunter2"))
  }

  @Test(arguments: ["event.id", "task.key", "idempotency.key", "pass", "author", "p", ""])
  func `shows the value of any other key`(key: String) throws {
    lines.logger().info("in", metadata: [key: "shown"])
    #expect(try lines.only()[key] == "shown")
  }

  @Test func `hides secrets at any depth and everything below them`() throws {
    lines.logger().info(
      "in", metadata: ["request": ["headers": [["Authorization": "Bearer x"]]], "secrets": ["a": ["x"]]])
    let line = try lines.only()
    #expect(line["request"] == .object(["headers": .array([.object(["Authorization": "[redacted]"])])]))
    #expect(line["secrets"] == "[redacted]")
  }
}
