import Contracts

/// An event as its source hands it over, once.
struct SourceEvent: Hashable, Sendable {
  static let longestID = 200
  static let longestName = 200
  static let longestTimestamp = 100

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
