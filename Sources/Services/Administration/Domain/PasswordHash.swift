import Foundation

/// What a password costs to try (RFC 7914): `2^log2N · r · 128` bytes of memory, `p` times over.
struct ScryptParameters: Hashable, Sendable {
  let log2N: Int
  let r: Int
  let p: Int

  /// 32 MiB. One of the equivalent settings of OWASP's Password Storage Cheat Sheet.
  static let standard = ScryptParameters(log2N: 15, r: 8, p: 3)
}

/// What is kept of a password, with how it was made, in the format of the PHC:
/// `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`.
struct PasswordHash: Sendable, Hashable {
  let parameters: ScryptParameters
  let salt: [UInt8]
  let hash: [UInt8]

  init(parameters: ScryptParameters, salt: [UInt8], hash: [UInt8]) {
    self.parameters = parameters
    self.salt = salt
    self.hash = hash
  }

  init?(text: String) {
    let parts = text.split(separator: "$")
    guard parts.count == 4, parts[0] == "scrypt", let salt = Self.bytes(parts[2]),
      let hash = Self.bytes(parts[3])
    else { return nil }
    var numbers: [Substring: Int] = [:]
    for pair in parts[1].split(separator: ",") {
      let sides = pair.split(separator: "=")
      if sides.count == 2 { numbers[sides[0]] = Int(sides[1]) }
    }
    guard let log2N = numbers["ln"], let r = numbers["r"], let p = numbers["p"] else { return nil }
    self.init(parameters: ScryptParameters(log2N: log2N, r: r, p: p), salt: salt, hash: hash)
  }

  var text: String {
    let cost = "ln=\(parameters.log2N),r=\(parameters.r),p=\(parameters.p)"
    return "$scrypt$\(cost)$\(Self.text(salt))$\(Self.text(hash))"
  }

  private static func text(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("=", with: "")
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    Data(base64Encoded: text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)).map(Array.init)
  }
}
