public import Foundation

/// An event that the target has recorded.
public struct ReceivedEvent: Hashable, Sendable {
  public let id: String
  public let name: String
  public let brand: String
  /// How often it has come; more than once means duplicates.
  public internal(set) var times = 1
  public let firstAt: Date
  public internal(set) var lastAt: Date
  /// The `Idempotency-Key` that it first came with.
  public let idempotencyKey: String?
}

/// The events that have come, each id once, in the order of their first coming.
struct ReceivedEvents {
  private(set) var all: [ReceivedEvent] = []
  private(set) var duplicates = 0
  private var places: [ExactText: Int] = [:]
  /// What each key was first used for.
  private var keys: [ExactText: UInt64] = [:]

  /// Records `input`, or counts it as a duplicate when its id is known.
  mutating func receive(_ input: EventInput, key: String?, now: Date) {
    if let place = places[ExactText(input.id)] {
      all[place].times += 1
      all[place].lastAt = now
      duplicates += 1
      return
    }
    places[ExactText(input.id)] = all.count
    // The same text is kept once: most keys are the id, and brands are few.
    all.append(
      ReceivedEvent(
        id: input.id, name: input.name,
        brand: all.last?.brand == input.brand ? all[all.count - 1].brand : input.brand,
        firstAt: now, lastAt: now, idempotencyKey: key == input.id ? input.id : key))
  }

  func contains(_ id: String) -> Bool { places[ExactText(id)] != nil }

  /// Whether `key` has been used for other events than these.
  func isTaken(_ key: String, for inputs: [EventInput]) -> Bool {
    keys[ExactText(key)].map { $0 != Self.fingerprint(inputs) } ?? false
  }

  mutating func remember(_ key: String, for inputs: [EventInput]) {
    keys[ExactText(key)] = Self.fingerprint(inputs)
  }

  /// FNV-1a over every field; a byte that no UTF-8 has parts them.
  private static func fingerprint(_ inputs: [EventInput]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for input in inputs {
      for field in [input.id, input.name, input.body, input.timestamp, input.brand] {
        for byte in field.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 0xFF) &* 0x100_0000_01B3
      }
    }
    return hash
  }
}
