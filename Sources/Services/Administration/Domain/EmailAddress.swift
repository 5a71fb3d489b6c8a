import Foundation

/// Where somebody can be reached, and what he logs in with.
///
/// Two that differ in case or in how their characters are composed are the same.
struct EmailAddress: Sendable, Hashable {
  static let longest = 254
  private static let longestLocal = 64

  /// As it was given.
  let text: String
  /// What makes it unique.
  let folded: String

  init(_ given: String) throws(AccountError) {
    let text = given.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard text.utf8.count <= Self.longest, parts.count == 2,
      (1...Self.longestLocal).contains(parts[0].utf8.count),
      !parts[1].isEmpty, Self.isDomain(parts[1]), !text.unicodeScalars.contains(where: Self.isForbidden)
    else { throw .emailIsNone }
    self.init(text: text)
  }

  /// One that was accepted before.
  init(text: String) {
    self.text = text
    // Lower case alone keeps apart what only differs in upper case: ß and SS, the two small sigmas.
    folded = text.lowercased().uppercased().lowercased().precomposedStringWithCanonicalMapping
  }

  private static func isDomain(_ text: Substring) -> Bool {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty && $0.first != "-" && $0.last != "-" }
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    // What is invisible is not taken: two addresses that look the same would be two accounts.
    [.control, .format, .surrogate, .privateUse, .unassigned].contains(scalar.properties.generalCategory)
      || scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isWhitespace
      || "\"(),:;<>[\\]".unicodeScalars.contains(scalar)
  }
}
