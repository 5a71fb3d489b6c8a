import HTTPAPI
import Messaging
import Storage

extension Settings {
  /// `STORE_CHECKPOINTS`: `external` beside a replicator such as Litestream.
  func storeCheckpoints() throws(SettingError) -> Checkpoints {
    guard let text = text("STORE_CHECKPOINTS") else { return .own }
    guard let checkpoints = Checkpoints(rawValue: text) else {
      throw SettingError(
        key: "STORE_CHECKPOINTS",
        expected: "one of \(Checkpoints.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return checkpoints
  }

  /// `OUTBOX_AFTER_REPLICA`: 1 lets events leave only when Litestream has copied them.
  func outboxReplica() throws -> Replica? {
    guard try integer("OUTBOX_AFTER_REPLICA", default: 0, in: 0...1) == 1 else { return nil }
    let key = "OUTBOX_REPLICA_METRICS_URL"
    guard let page = MetricsPage(url: text(key) ?? "http://127.0.0.1:9090/metrics") else {
      throw SettingError(key: key, expected: "the http:// address of Litestream's metrics")
    }
    return Replica { try await page.text() }
  }

  /// `WAYBILL_LEASE`: a file with the end of this instance's right to publish.
  var lease: Lease? { text("WAYBILL_LEASE").map { Lease(file: $0) } }
}
