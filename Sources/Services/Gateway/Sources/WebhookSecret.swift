import Crypto
import Foundation
import Messaging
import Storage

/// A secret shared with a source, and the signatures made with it, after the Standard Webhooks specification 1.0:
/// HMAC-SHA256 over `id.timestamp.body`.
struct WebhookSecret: Sendable, CustomStringConvertible, CustomReflectable {
  enum Refusal: Error, Hashable {
    case headersMissing
    case timestampIsNone
    case tooOld
    case fromTheFuture
    case signatureIsWrong
  }

  /// How far the clocks of source and gateway may be apart, and how long a message may be replayed.
  static let tolerance = Duration.seconds(300)
  private static let prefix = "whsec_"

  private let key: SymmetricKey

  /// - Parameter text: `whsec_` and 24 to 64 bytes in base64.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix),
      let bytes = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
      (24...64).contains(bytes.count)
    else { return nil }
    key = SymmetricKey(data: bytes)
  }

  var description: String { "a webhook secret" }
  var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }

  static func generate() -> String {
    prefix + Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
  }

  /// The signature of a message, as `v1,<base64>`.
  func sign(id: String, timestamp: String, body: some Sequence<UInt8>) -> String {
    "v1,\(Data(code(id, timestamp, body)).base64EncodedString())"
  }

  /// Whether one of `signatures` (separated by spaces; several while a source rotates its secret) is ours.
  func accepts(_ signatures: String, id: String, timestamp: String, body: some Sequence<UInt8>) -> Bool {
    let expected = Data(code(id, timestamp, body))
    return signatures.split(separator: " ").contains { signature in
      let parts = signature.split(separator: ",", maxSplits: 1)
      guard parts.count == 2, parts[0] == "v1", let given = Data(base64Encoded: String(parts[1])) else {
        return false
      }
      return given.count == expected.count && zip(given, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
  }

  private func code(_ id: String, _ timestamp: String, _ body: some Sequence<UInt8>) -> HMAC<SHA256>.MAC {
    var code = HMAC<SHA256>(key: key)
    code.update(data: Array("\(id).\(timestamp).".utf8))
    code.update(data: Array(body))
    return code.finalize()
  }

  /// - Throws: ``Refusal`` when the time that a message names is none, or too far from `now`.
  static func check(_ timestamp: String, at now: Timestamp) throws(Refusal) {
    guard let seconds = Int64(timestamp), (0...4_102_444_800).contains(seconds) else {
      throw .timestampIsNone
    }
    let sent = Timestamp(milliseconds: seconds * 1000)
    if now.since(sent) > tolerance { throw .tooOld }
    if sent.since(now) > tolerance { throw .fromTheFuture }
  }
}
