import Contracts

/// An event as its source hands it over, once.
struct SourceEvent: Hashable, Sendable {
  static let longestID = 200
  static let longestName = 200
  static let longestTimestamp = 100

  /// In bytes, of the message that it becomes: a broker takes no more than a million, headers and all.
  static let largestMessage = 950_000

  let id: SourceEventID
  let name: String
  /// What the source wrote; other JSON than a string as its JSON text.
  let body: String
  /// As the source wrote it.
  let timestamp: String

  /// Why something is no event, by the member that is wrong; the whole when the pointer is empty.
  struct Malformed: Error, Hashable {
    let pointer: String
    let sentence: String
  }
}

extension SourceEvent {
  /// Whether the broker would refuse it: as JSON within JSON it may be much longer than it came.
  var isTooLarge: Bool {
    // Every byte becomes six at most.
    guard body.utf8.count > Self.largestMessage / 6 else { return false }
    let escaped = body.utf8.reduce(0) { size, byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): size + 2
      case 0..<0x20: size + 6
      default: size + 1
      }
    }
    return escaped > Self.largestMessage
  }
}
