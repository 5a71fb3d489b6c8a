import Synchronization

/// Time-ordered identifiers, version 7 of RFC 9562, as lower-case text.
///
/// Within a process they only grow: the 12 bits after the time count up inside one millisecond (method 1
/// of section 6.2), so that sorting by id is sorting by creation, also within a burst.
public enum UUIDv7 {
  private struct Last {
    var milliseconds: UInt64 = 0
    var counter: UInt16 = 0
  }

  private static let last = Mutex(Last())

  public static func next(at now: Timestamp = .now) -> String {
    let (milliseconds, counter) = last.withLock { last in
      let wanted = UInt64(max(0, now.milliseconds))
      if wanted > last.milliseconds {
        last.milliseconds = wanted
        last.counter = UInt16.random(in: 0..<0x400)
      } else if last.counter < 0xFFF {
        last.counter += 1
      } else {
        // More than 3,000 ids in a millisecond: borrow the next one instead of waiting for it.
        last.milliseconds += 1
        last.counter = 0
      }
      return (last.milliseconds, last.counter)
    }
    let high = milliseconds << 16 | 0x7000 | UInt64(counter)
    let low = UInt64.random(in: 0...UInt64.max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return text(high, low)
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          buffer[position] = 0x2D
          position += 1
        }
        let word = index < 16 ? high : low
        let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - (index % 16) * 4)) & 0xF
        buffer[position] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
        position += 1
      }
      return 36
    }
  }
}
