import Foundation

/// What a token says about itself, before anything of it is believed: only enough to find the key.
struct TokenHeader: Decodable {
  let alg: String?
  let kid: String?
  /// Extensions that must be understood (RFC 7515, section 4.1.11); none is.
  let crit: [String]?

  /// Nil when it is not a JWT at all.
  init?(of token: String) {
    guard let part = token.split(separator: ".", omittingEmptySubsequences: false).first,
      let json = Data(base64URL: part),
      let header = try? JSONDecoder().decode(TokenHeader.self, from: json)
    else { return nil }
    self = header
  }
}

extension Data {
  init?(base64URL text: some StringProtocol) {
    let base64 = String(text).replacing("-", with: "+").replacing("_", with: "/")
    self.init(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4))
  }

  var base64URL: String {
    base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
