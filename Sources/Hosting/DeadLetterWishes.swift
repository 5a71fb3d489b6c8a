import HTTPAPI
import Messaging
import Storage

/// A filter as a client writes it: ages, not moments.
struct DeadLetterWishes: Sendable {
  var kind: String?
  var fingerprint: String?
  var type: String?
  var olderThan: String?
  var newerThan: String?

  var isEmpty: Bool {
    kind == nil && fingerprint == nil && type == nil && olderThan == nil && newerThan == nil
  }

  /// - Parameter place: the pointer to the object the wishes stand in.
  func filter(at now: Timestamp, under place: String) -> (DeadLetterFilter, [Problem.Fault]) {
    var filter = DeadLetterFilter()
    var faults: [Problem.Fault] = []
    func expect(_ isRight: Bool, _ name: String, _ detail: String) {
      if !isRight { faults.append(.init("\(place)/\(name)", detail)) }
    }
    if let kind {
      filter.kind = DeadLetter.Kind(rawValue: kind)
      expect(filter.kind != nil, "kind", "must be message, outgoing or job")
    }
    if let fingerprint {
      filter.fingerprint = fingerprint
      expect(
        DeadLetterFilter.isFingerprint(fingerprint), "fingerprint",
        "must be 12 hexadecimal digits in lower case")
    }
    if let type {
      filter.type = type
      expect(!type.isEmpty, "type", "must not be empty")
    }
    if let olderThan {
      filter.bornBefore = Age(olderThan).map { now - $0.duration }
      expect(filter.bornBefore != nil, "olderThan", Age.expected)
    }
    if let newerThan {
      filter.bornAfter = Age(newerThan).map { now - $0.duration }
      expect(filter.bornAfter != nil, "newerThan", Age.expected)
    }
    return (filter, faults)
  }
}

extension DeadLetterWishes: Decodable {
  private enum Name: String, CodingKey, CaseIterable {
    case kind, fingerprint, type, olderThan, newerThan
  }

  private struct AnyName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Unlike elsewhere an unknown field is refused: without it the filter would mean more than its writer meant.
  init(from decoder: any Decoder) throws {
    for name in try decoder.container(keyedBy: AnyName.self).allKeys
    where Name(rawValue: name.stringValue) == nil {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath + [name],
          debugDescription: "is not one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))"))
    }
    let fields = try decoder.container(keyedBy: Name.self)
    kind = try fields.decodeIfPresent(String.self, forKey: .kind)
    fingerprint = try fields.decodeIfPresent(String.self, forKey: .fingerprint)
    type = try fields.decodeIfPresent(String.self, forKey: .type)
    olderThan = try fields.decodeIfPresent(String.self, forKey: .olderThan)
    newerThan = try fields.decodeIfPresent(String.self, forKey: .newerThan)
  }
}
