import Crypto
import Foundation
import Messaging
import Storage

/// What a source proves itself with.
enum Credential: Sendable {
  /// An API key, by its SHA-256.
  case key(hash: [UInt8])
  /// A secret that messages are signed with.
  case webhook(WebhookSecret)

  /// A kind of credential, as it is asked for.
  enum Kind: String, Codable, Sendable, CaseIterable {
    case key
    case webhook
  }
}

/// An API key: 32 random bytes, shown once.
enum SourceKey {
  private static let prefix = "wbk_"

  static func generate() -> String {
    let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    return prefix
      + Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  /// Whether a key that was made elsewhere may be one: long, and fit for a header.
  static func isStrong(_ key: String) -> Bool {
    (32...200).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// As it is kept. A key is random and long, so that one quick hash is as good as a slow one.
  static func hash(_ key: some StringProtocol) -> [UInt8] { Array(SHA256.hash(data: Array(key.utf8))) }
}
