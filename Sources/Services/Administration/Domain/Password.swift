import Foundation

/// What only its owner knows. Whatever prints, dumps or mirrors it does not see it.
struct Password: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  static let shortest = 8
  static let longest = 1000

  /// In UTF-8, composed (NFC), as RFC 8265 has it for passwords, so that it is the same from every keyboard.
  let bytes: [UInt8]

  init(_ text: String) throws(AccountError) {
    let text = text.precomposedStringWithCanonicalMapping
    guard text.unicodeScalars.count >= Self.shortest else { throw .passwordIsTooShort }
    guard text.unicodeScalars.count <= Self.longest else { throw .passwordIsTooLong }
    bytes = Array(text.utf8)
  }

  /// One to be compared: what could never have been accepted is simply wrong.
  init?(attempt text: String) {
    guard let password = try? Password(text) else { return nil }
    self = password
  }

  var description: String { "a password" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
