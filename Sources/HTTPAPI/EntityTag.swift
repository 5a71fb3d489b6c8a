import HTTPTypes

/// Tells one state of a resource from another: RFC 9110, 8.8.3. A strong one.
public struct EntityTag: Hashable, Sendable {
  private let text: String

  /// - Parameter version: different for every state that the resource has ever had.
  public init(version: Int64) {
    text = "\"\(version)\""
  }

  public var header: String { text }
}

extension Call {
  /// Whether the client says that it has this state already: `If-None-Match`, RFC 9110, 13.1.2.
  public func knows(_ tag: EntityTag) -> Bool {
    guard let header = headers[.ifNoneMatch] else { return false }
    // The weak comparison: a state that is known as weakly the same is known.
    return header.split(separator: ",").contains { part in
      let known = part.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
      let text = String(known)
      return text == "*" || text == tag.header || text == "W/\(tag.header)"
    }
  }

  /// How long the client is willing to wait, of `?wait=` in seconds; nil when it does not say.
  ///
  /// - Throws: a 422 problem that points to what cannot be understood.
  public func wait(upTo most: Int) throws -> Duration? {
    guard let text = query("wait") else { return nil }
    guard let seconds = Int(text), (0...most).contains(seconds) else {
      throw Problem.invalid("/wait", "must be a whole number of seconds from 0 to \(most)")
    }
    return .seconds(seconds)
  }
}
