import Foundation
import Messaging
import Storage
import Synchronization

/// How many attempts are taken from one network: a token bucket for each (an IPv4 address, or an IPv6 network of
/// 64 bits, which is what one customer has).
///
/// Kept in memory: what a restart forgets is a minute's worth.
final class NetworkLimit: Sendable {
  private struct Bucket {
    var tokens: Double
    var filledAt: Timestamp
  }

  private static let mostNetworks = 10_000

  private let perMinute: Double
  private let buckets = Mutex<[String: Bucket]>([:])

  init(perMinute: Int) {
    self.perMinute = Double(perMinute)
  }

  /// - Returns: how long to wait instead; nil when the attempt may be made.
  func charge(_ network: String?, at now: Timestamp) -> Duration? {
    guard let network else { return nil }
    return buckets.withLock { buckets in
      if buckets.count >= Self.mostNetworks { forget(&buckets, at: now) }
      var bucket = filled(buckets[network], at: now)
      defer { buckets[network] = bucket }
      guard bucket.tokens >= 1 else {
        return .milliseconds(Int64(((1 - bucket.tokens) * 60_000 / perMinute).rounded(.up)))
      }
      bucket.tokens -= 1
      return nil
    }
  }

  /// It was none that counts.
  func refund(_ network: String?, at now: Timestamp) {
    guard let network else { return }
    buckets.withLock { buckets in
      var bucket = filled(buckets[network], at: now)
      bucket.tokens = min(bucket.tokens + 1, perMinute)
      buckets[network] = bucket
    }
  }

  private func filled(_ bucket: Bucket?, at now: Timestamp) -> Bucket {
    guard var bucket else { return Bucket(tokens: perMinute, filledAt: now) }
    let milliseconds = Double(max(now.since(bucket.filledAt).inMilliseconds, 0))
    bucket.tokens = min(bucket.tokens + milliseconds * perMinute / 60_000, perMinute)
    bucket.filledAt = now
    return bucket
  }

  /// The fuller half says least: memory is bounded whoever attacks, and who was limited stays so.
  private func forget(_ buckets: inout [String: Bucket], at now: Timestamp) {
    let emptiest = buckets.mapValues { filled($0, at: now) }.sorted { $0.value.tokens < $1.value.tokens }
    buckets = Dictionary(
      uniqueKeysWithValues: emptiest.prefix(Self.mostNetworks / 2).map { ($0.key, $0.value) })
  }

  /// The network of an address.
  static func network(of address: String?) -> String? {
    guard let address = address?.prefix(while: { $0 != "%" }).description, address.contains(":") else {
      return address
    }
    var bytes = in6_addr()
    guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
    let all = withUnsafeBytes(of: &bytes) { Array($0) }
    // An IPv4 address in the clothes of IPv6, as a server that speaks both sees it.
    if all.prefix(10).allSatisfy({ $0 == 0 }), all[10] == 0xFF, all[11] == 0xFF {
      return all.suffix(4).map(String.init).joined(separator: ".")
    }
    return all.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "::/64"
  }
}
