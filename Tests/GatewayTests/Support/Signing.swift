import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// The example of the Standard Webhooks specification's reference libraries.
enum PublishedWebhook {
  static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
  static let timestamp = "1614265330"
  static let body = #"{"test": 2432232314}"#
  static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
  static let time = Timestamp(milliseconds: 1_614_265_330_000)
}

extension Caller {
  /// Hands something over as a source does that signs.
  /// - Parameter headers: other values for some headers, or none: the rest are as they should be.
  func sign(
    _ body: String, _ secret: String, at time: Timestamp, id: String = "msg_1",
    with headers: [String: String?] = [:], to path: String = "/events"
  ) async throws -> TestResponse {
    let timestamp = "\(time.milliseconds / 1000)"
    let signature = try #require(WebhookSecret(secret)).sign(id: id, timestamp: timestamp, body: body.utf8)
    let right: [String: String?] = [
      "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature,
    ]
    var fields: HTTPFields = [:]
    for (name, value) in right.merging(headers, uniquingKeysWith: { $1 }) {
      fields[try #require(HTTPField.Name(name))] = value
    }
    return try await hand(Array(body.utf8), fields, to: path)
  }
}
