import Crypto
import Foundation

/// Signs messages as the Standard Webhooks specification 1.0 says: HMAC-SHA256 over `id.timestamp.body`.
struct WebhookSigner: Sendable {
  private static let prefix = "whsec_"

  private let key: SymmetricKey

  /// - Parameter secret: `whsec_` and the key in base64; nil is what any other gives.
  init?(_ secret: String) {
    let encoded = String(secret.dropFirst(Self.prefix.count))
    guard secret.hasPrefix(Self.prefix), let bytes = Data(base64Encoded: encoded), !bytes.isEmpty else {
      return nil
    }
    key = SymmetricKey(data: bytes)
  }

  func headers(id: String, body: [UInt8], at now: Date) -> [(String, String)] {
    let timestamp = "\(Int(now.timeIntervalSince1970))"
    var code = HMAC<SHA256>(key: key)
    code.update(data: Array("\(id).\(timestamp).".utf8))
    code.update(data: body)
    return [
      ("webhook-id", id), ("webhook-timestamp", timestamp),
      ("webhook-signature", "v1,\(Data(code.finalize()).base64EncodedString())"),
    ]
  }
}
