import Messaging

/// Who sends events here: its id is its name, and every event of it gets its brand.
struct Source: Hashable, Sendable {
  /// The source of a new installation.
  static let standard = (id: "demo", brand: "testBrand")

  static let longestID = 64
  static let longestBrand = 100

  let id: String
  let brand: String
  let disabledAt: Timestamp?
  let createdAt: Timestamp

  var isDisabled: Bool { disabledAt != nil }

  static func create(_ id: String, brand: String, at now: Timestamp) throws(SourceError) -> Source {
    let isName = id.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isName, (1...longestID).contains(id.utf8.count) else { throw .noName }
    guard (1...longestBrand).contains(brand.unicodeScalars.count),
      brand.contains(where: { !$0.isWhitespace }),
      !brand.utf8.contains(0)
    else { throw .noBrand }
    return Source(id: id, brand: brand, disabledAt: nil, createdAt: now)
  }
}

/// The rules of sources, by how they are broken.
enum SourceError: Error, Hashable {
  case noName
  case noBrand
  case taken(String)
  case unknown(String)
  case disabled(String)
  /// A key or secret that somebody brought, and that is none.
  case weakSecret
  /// It belongs to a source already.
  case secretTaken

  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .noName: "must be 1 to \(Source.longestID) of a-z, 0-9, '-', '.' and '_'"
    case .noBrand: "must have 1 to \(Source.longestBrand) characters"
    case .taken(let id): "There is a source \(id) already. Use rotate to give it a new key."
    case .unknown(let id): "There is no source \(id)."
    case .disabled(let id): "The source \(id) is disabled."
    case .weakSecret:
      "must be 32 to 200 visible characters, or, of a webhook, whsec_ and 24 to 64 bytes in base64"
    case .secretTaken: "This key belongs to a source already."
    }
  }
}
