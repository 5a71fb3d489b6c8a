import Contracts
import Messaging
import Storage

extension SourceEvent {
  /// Reads what a source sent.
  static func read(_ bytes: [UInt8]) throws(Malformed) -> SourceEvent {
    let members: StrictJSON.Members
    do {
      members = try StrictJSON.members(of: bytes)
    } catch {
      throw Malformed(pointer: "", sentence: error.sentence)
    }
    return SourceEvent(
      id: SourceEventID(try text("id", members, longest: longestID)),
      name: try text("name", members, longest: longestName), body: try body(members),
      timestamp: try timestamp(members))
  }

  private static func text(
    _ name: String, _ members: StrictJSON.Members, longest: Int
  ) throws(Malformed) -> String {
    guard let value = members[name] else { throw Malformed(pointer: "/\(name)", sentence: "is missing") }
    guard let text = StrictJSON.string(value) else {
      throw Malformed(pointer: "/\(name)", sentence: "must be a string of characters")
    }
    guard (1...longest).contains(text.unicodeScalars.count), !text.unicodeScalars.contains("\0") else {
      throw Malformed(pointer: "/\(name)", sentence: "must have 1 to \(longest) characters")
    }
    return text
  }

  private static func body(_ members: StrictJSON.Members) throws(Malformed) -> String {
    guard let value = members["body"] else { throw Malformed(pointer: "/body", sentence: "is missing") }
    guard value.first == UInt8(ascii: "\"") else { return String(decoding: value, as: UTF8.self) }
    guard let text = StrictJSON.string(value) else {
      throw Malformed(pointer: "/body", sentence: "has an escape that stands for no character")
    }
    return text
  }

  /// A string, or a number of seconds or milliseconds as some sources write it: it is passed on, not understood.
  private static func timestamp(_ members: StrictJSON.Members) throws(Malformed) -> String {
    if let value = members["timestamp"], let first = value.first,
      first == UInt8(ascii: "-") || (0x30...0x39).contains(first)
    {
      guard value.count <= longestTimestamp else {
        throw Malformed(pointer: "/timestamp", sentence: "must have 1 to \(longestTimestamp) characters")
      }
      return String(decoding: value, as: UTF8.self)
    }
    return try text("timestamp", members, longest: longestTimestamp)
  }
}
