import GRDB
import Hummingbird
import Storage

/// Whether one part of a service is fit to take requests.
public enum ReadinessResult: Sendable {
  case ready(String? = nil)
  case notReady(String)
}

struct ReadinessCheck: Sendable {
  let name: String
  let check: @Sendable () async -> ReadinessResult
}

extension API {
  /// The routes that need no token.
  func openRoutes() -> [Route] {
    let store = store
    let storeCheck = ReadinessCheck(name: "store") { await store.readiness() }
    let checks = [storeCheck] + checks
    let contract = ByteBuffer(string: openapi)
    var routes = [
      open("/health/live") { Reply(.ok, json: Report(status: "alive", checks: nil)) },
      open("/health/ready") { await Report.reply(checks) },
      open("/openapi.yaml") { Reply(.ok, bytes: contract, contentType: "application/yaml") },
    ]
    if let metrics { routes.append(open("/metrics") { .metrics(metrics()) }) }
    return routes
  }

  private func open(_ path: String, _ answer: @escaping @Sendable () async throws -> Reply) -> Route {
    let endpoint = Endpoint(service: service, method: "GET", route: path) { _, _, _ in try await answer() }
    return Route(method: .get, path: path, endpoint: endpoint)
  }
}

extension Reply {
  /// The text format of Prometheus.
  static func metrics(_ text: String) -> Reply {
    Reply(
      .ok, bytes: ByteBuffer(string: text), contentType: "text/plain; version=0.0.4; charset=utf-8")
  }
}

extension Store {
  fileprivate func readiness() async -> ReadinessResult {
    do {
      // A number in the file's own header that nothing else uses: writing it proves that a commit reaches
      // the disk, and needs no table.
      try await write { work in
        let seconds = (work.now.milliseconds / 1000) & 0x7FFF_FFFF
        try work.database.execute(sql: "PRAGMA user_version = \(seconds)")
      }
      return .ready("SQLite \(try await sqliteVersion())")
    } catch let error as StoreError {
      return .notReady("\(error)")
    } catch {
      return .notReady("cannot be written to or read from")
    }
  }
}

private struct Report: Encodable, Sendable {
  struct Check: Encodable {
    let status: String
    let detail: String?
  }

  let status: String
  let checks: [String: Check]?

  static func reply(_ checks: [ReadinessCheck]) async -> Reply {
    var outcomes: [String: Check] = [:]
    for check in checks {
      switch await check.check() {
      case .ready(let detail): outcomes[check.name] = Check(status: "ready", detail: detail)
      case .notReady(let reason): outcomes[check.name] = Check(status: "not-ready", detail: reason)
      }
    }
    let ready = outcomes.values.allSatisfy { $0.status == "ready" }
    return Reply(
      ready ? .ok : .serviceUnavailable,
      json: Report(status: ready ? "ready" : "not-ready", checks: outcomes))
  }
}
