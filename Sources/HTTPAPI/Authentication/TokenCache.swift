import Crypto
import Storage

/// Tokens already checked, so that a client's next request does not pay for the signature again.
///
/// Bounded, in two generations: what is looked up moves to the young one, and when that is full, the old one
/// is dropped. So what stays is about what was used last, at the price of one dictionary look-up. Tokens are
/// kept as their SHA-256 only.
struct TokenCache {
  private struct Entry {
    let principal: Principal
    let expiry: Timestamp
  }

  private let generation: Int
  private var young: [SHA256Digest: Entry] = [:]
  private var old: [SHA256Digest: Entry] = [:]

  /// - Parameter capacity: the most tokens ever kept.
  init(capacity: Int) {
    generation = max(1, capacity / 2)
  }

  mutating func principal(of token: SHA256Digest, at now: Timestamp) -> Principal? {
    if let entry = young[token] { return now < entry.expiry ? entry.principal : nil }
    guard let entry = old[token], now < entry.expiry else { return nil }
    insert(entry, token)
    return entry.principal
  }

  mutating func insert(_ principal: Principal, until expiry: Timestamp, for token: SHA256Digest) {
    insert(Entry(principal: principal, expiry: expiry), token)
  }

  mutating func removeAll() {
    young.removeAll()
    old.removeAll()
  }

  var count: Int { young.count + old.count }

  private mutating func insert(_ entry: Entry, _ token: SHA256Digest) {
    if young.count >= generation {
      old = young
      young = [:]
    }
    young[token] = entry
  }
}
