import Foundation
import Storage

// What services say about dead letters, and each as a line.

struct DeadLetterAnswer: Decodable {
  let id: String
  let kind: String
  let type: String?
  let topic: String
  let reason: String
  let fingerprint: String?
  let createdAt: String
  let state: String

  func line(_ service: String, withState: Bool) -> String {
    let state = withState ? [self.state.padded(to: 9)] : []
    return
      ([id, Column.age(createdAt), Column.service(service), kind.padded(to: 8)] + state + [
        (fingerprint ?? "").padded(to: 12), Column.plain("\(type ?? topic): \(reason)"),
      ]).joined(separator: "  ")
  }
}

struct DeadLetterGroupAnswer: Decodable {
  let fingerprint: String
  let kind: String
  let type: String?
  let topic: String
  let sentence: String
  let count: Int
  let oldest: String
  let newest: String

  func line(_ service: String) -> String {
    [
      fingerprint, "\(count)".padded(to: 6, right: true),
      "\(Column.age(oldest)) to \(Column.age(newest))", Column.service(service), kind.padded(to: 8),
      Column.plain("\(type ?? topic): \(sentence)"),
    ].joined(separator: "  ")
  }
}

struct RedriveAnswer: Decodable {
  let id: String
  let by: String
  let why: String
  let state: String
  let total: Int
  let redriven: Int
  let skipped: Int
  let failedAgain: Int
  let stopReason: String?
  let createdAt: String

  func line(_ service: String) -> String {
    [
      id, Column.age(createdAt), Column.service(service), state.padded(to: 9), counts,
      Column.plain("\(by): \(why)"),
    ].joined(separator: "  ")
  }

  var progress: String { "\(redriven + skipped) of \(total) done, \(failedAgain) failed again" }

  /// How it ended.
  var outcome: String {
    let reason = stopReason.map { " " + Column.plain($0) } ?? ""
    let rest = total - redriven - skipped
    let left = rest > 0 ? " \(rest) stay dead." : ""
    return "\(counts) (redrive \(id)) \(state)\(reason)\(left)"
  }

  private var counts: String { "\(redriven) redriven, \(skipped) skipped, \(failedAgain) failed again" }
}

/// The columns of a table that is printed line by line.
enum Column {
  static func service(_ name: String) -> String {
    name.padded(to: ServiceCatalog.all.map(\.name.count).max() ?? 0)
  }

  /// How long ago: `" 42s"`, `"  3d"`.
  static func age(_ moment: String) -> String {
    guard let then = Timestamp(moment) else { return "   ?" }
    let seconds = max(0, Timestamp.now.since(then).components.seconds)
    let text =
      switch seconds {
      case ..<100: "\(seconds)s"
      case ..<6000: "\(seconds / 60)m"
      case ..<172_800: "\(seconds / 3600)h"
      default: "\(seconds / 86_400)d"
      }
    return text.padded(to: 4, right: true)
  }

  /// Data from outside must neither break the line nor move the cursor.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { CharacterSet.controlCharacters.contains($0) ? " " : $0 }))
  }
}

extension String {
  fileprivate func padded(to width: Int, right: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - count))
    return right ? padding + self : self + padding
  }
}
