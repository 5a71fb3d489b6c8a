import Foundation

/// What went wrong, without what varies from letter to letter: letters with the same fingerprint failed in the
/// same way.
struct DeadLetterFingerprint: Hashable, Sendable {
  /// Twelve hexadecimal digits.
  let text: String
  /// The reason with `…` for every identity, number, quoted value and address.
  let sentence: String

  /// - Parameter type: the event's name or the job's kind; nil when nobody knows.
  init(kind: DeadLetter.Kind, type: String?, topic: String, reason: String) {
    sentence = Self.sentence(of: reason)
    let parts = [kind.rawValue, type ?? "", topic, sentence]
    let hash = Self.hash(parts.joined(separator: "\n"))
    let folded = (hash >> 48) ^ (hash & 0xFFFF_FFFF_FFFF)
    let digits = String(folded, radix: 16)
    text = String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// Whether `text` is of the form of a fingerprint.
  static func isWellFormed(_ text: String) -> Bool {
    text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// FNV-1a, 64 bits: the same on every machine and in every version, unlike Swift's own hash.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

extension DeadLetterFingerprint {
  /// What is longer says nothing more about the kind of failure.
  private static let longestReason = 2000
  private static let longestSentence = 300

  static func sentence(of reason: String) -> String {
    var text = String(reason.prefix(longestReason))
    for (pattern, replacement) in [(varying, "…"), (sequence, "…"), (space, " ")] {
      text = pattern.stringByReplacingMatches(
        in: text, range: NSRange(text.startIndex..., in: text), withTemplate: replacement)
    }
    return String(text.trimmingCharacters(in: .whitespaces).prefix(longestSentence))
  }

  /// A status or error code is no such number: it names the failure. Nor is the version of an event's name.
  private static let varying = expression(
    #""(?:[^"\\]|\\.)*""#,
    #"`[^`]*`"#,
    #"“[^”]*”"#,
    // Not the apostrophe within a word.
    #"(?<![\p{L}\p{N}])'(?:[^']|(?<=\p{L})'(?=\p{L}))*'(?![\p{L}\p{N}])"#,
    // Addresses: of pages, of people, of machines.
    #"[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>)\],;]*[^\s"'<>)\],;.:]"#,
    #"[^\s@"'<>(),;:]+@[^\s@"'<>(),;:]+"#,
    #"(?<![\w:])\[?(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}\]?(?!\w)"#,
    #"\b(?:localhost|(?:[A-Za-z0-9_-]+\.)+[A-Za-z0-9-]+):[0-9]{1,5}\b"#,
    // Identities and numbers.
    #"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"#,
    #"(?!(?<=(?i:status|http|code|error|answered)[ :=/#]{1,2})[0-9]{1,5}\b)\b(?!v[0-9]{1,3}\b)\w*[0-9]\w*\b"#,
    #"\b[A-Fa-f]{8,}\b"#
  )

  /// What was one value, or a list of them.
  private static let sequence = expression(#"(?:(?<![^\s(\[=])[-+])?…(?:(?:[.:/_-]+|,\s?)…)*"#)

  private static let space = expression(#"\s+"#)

  private static func expression(_ alternatives: String...) -> NSRegularExpression {
    do {
      return try NSRegularExpression(pattern: alternatives.joined(separator: "|"))
    } catch {
      preconditionFailure("a pattern of this file is none: \(error)")
    }
  }
}
