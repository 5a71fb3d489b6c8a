import Foundation

/// One page of a list, and where the next one starts.
public struct Page<Item> {
  public let items: [Item]
  /// Opaque to clients; nil on the last page.
  public let next: String?

  public init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }

  /// From one row more than the page holds: the extra row only tells that there is a next page.
  public init(fetched: [Item], limit: Int, key: (Item) -> String) {
    guard fetched.count > limit, limit > 0 else {
      self.init(items: fetched, next: nil)
      return
    }
    let items = Array(fetched.prefix(limit))
    self.init(items: items, next: PageRequest.cursor(after: key(items[limit - 1])))
  }

  /// A page that goes on after `key`, however many items it has.
  public init(items: [Item], after key: String) {
    self.init(items: items, next: PageRequest.cursor(after: key))
  }

  public func map<Other>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
    Page<Other>(items: try items.map(transform), next: next)
  }
}

extension Page: Sendable where Item: Sendable {}

extension Page: Encodable where Item: Encodable {
  private enum CodingKeys: CodingKey {
    case items
    case next
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(items, forKey: .items)
    // Written even when nil: the end of a list is said, not left out.
    try container.encode(next, forKey: .next)
  }
}

/// Which page is wanted: at most `limit` rows after the key the cursor names. Paging is by keyset, never
/// by offset, so that a page costs the same however deep it lies and rows that arrive meanwhile shift
/// nothing.
public struct PageRequest: Hashable, Sendable {
  public static let defaultLimit = 50
  public static let maximumLimit = 500

  public let limit: Int
  /// The key of the last row already seen; nil for the first page.
  public let after: String?

  public init(limit: Int = defaultLimit, after: String? = nil) {
    self.limit = min(max(limit, 1), Self.maximumLimit)
    self.after = after
  }

  /// - Returns: nil when the cursor was not made by ``cursor(after:)``.
  public init?(limit: Int = defaultLimit, cursor: String?) {
    guard let cursor else {
      self.init(limit: limit)
      return
    }
    let base64 = cursor.replacing("-", with: "+").replacing("_", with: "/")
    let padded = base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: padded), let key = String(data: data, encoding: .utf8),
      key.hasPrefix("k:")
    else { return nil }
    self.init(limit: limit, after: String(key.dropFirst(2)))
  }

  static func cursor(after key: String) -> String {
    Data("k:\(key)".utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
