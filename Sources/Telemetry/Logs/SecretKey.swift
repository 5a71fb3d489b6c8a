/// Tells by its name whether a metadata key holds a secret.
///
/// Letters and digits alone count, whatever their case, so `api_key`, `X-Api-Key` and `apiKey` are one
/// word. A name that merely contains such a word is a secret too: hiding a harmless value costs a
/// rename, showing a password costs the password.
enum SecretKey {
  private static let words: [[UInt8]] = [
    "password", "passwd", "passphrase", "secret", "token", "authorization", "apikey", "privatekey",
    "accesskey", "credential", "cookie",
  ].map { Array($0.utf8) }

  static func matches(_ name: String) -> Bool {
    let letters = name.utf8.compactMap(folded)
    return words.contains { occurs($0, in: letters) }
  }

  private static func folded(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
    default: nil
    }
  }

  private static func occurs(_ word: [UInt8], in letters: [UInt8]) -> Bool {
    guard letters.count >= word.count else { return false }
    return (0...(letters.count - word.count)).contains { start in
      letters[start] == word[0] && letters[start..<(start + word.count)].elementsEqual(word)
    }
  }
}
