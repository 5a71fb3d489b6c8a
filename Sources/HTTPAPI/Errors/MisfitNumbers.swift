import Foundation

/// The numbers of a JSON document that do not fit where they stand: 1.5 or 10^20 for an `Int`.
///
/// Foundation's decoder tells such a number in the same words as a document that is no JSON at all, and does
/// not say where it stands. So it is found by trial, on the way to a refusal and nowhere else: with every
/// other number made 0, does the document still fail in these words?
struct MisfitNumbers {
  /// JSON pointers; empty when there is too much to try, or no number fails alone.
  let places: [String]

  /// Each trial decodes the document once, so that a refusal costs at most 64 times 16 KiB of decoding: as
  /// much as one body of the usual limit.
  private static let mostTrials = 64
  private static let longestDocument = 16 << 10

  /// Nil when the document is not JSON.
  init?<Value: Decodable>(in document: Data, for type: Value.Type) {
    guard let root = try? JSONSerialization.jsonObject(with: document, options: .fragmentsAllowed) else {
      return nil
    }
    guard document.count <= Self.longestDocument else {
      places = []
      return
    }
    var numbers: [String] = []
    _ = Self.zeroing(root, at: "") { place in
      numbers.append(place)
      return false
    }
    let tried = numbers.count > Self.mostTrials ? [] : numbers
    places = tried.sorted().filter { kept in
      Self.fails(Self.zeroing(root, at: "") { $0 != kept }, type)
    }
  }

  /// The document with 0 for the numbers that `replaces` says yes to.
  private static func zeroing(_ value: Any, at place: String, _ replaces: (String) -> Bool) -> Any {
    switch value {
    case let object as [String: Any]:
      var copy = object
      for (name, member) in object {
        copy[name] = zeroing(member, at: "\(place)/\(Problem.token(name))", replaces)
      }
      return copy
    case let array as [Any]:
      return array.enumerated().map { zeroing($1, at: "\(place)/\($0)", replaces) }
    // Also true of the numbers 0 and 1, which fit everywhere.
    case is Bool: return value
    case is NSNumber: return replaces(place) ? 0 : value
    default: return value
    }
  }

  private static func fails<Value: Decodable>(_ document: Any, _ type: Value.Type) -> Bool {
    guard let data = try? JSONSerialization.data(withJSONObject: document, options: .fragmentsAllowed) else {
      return false
    }
    do {
      _ = try JSON.decoder.decode(type, from: data)
      return false
    } catch DecodingError.dataCorrupted(let context) {
      return context.debugDescription == Problem.parserComplaint
    } catch {
      return false
    }
  }
}
