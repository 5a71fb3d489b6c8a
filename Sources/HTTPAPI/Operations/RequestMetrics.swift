import HTTPTypes
import Metrics
import Synchronization

/// How many requests a route answered, how, and how long it took.
///
/// The instruments are looked up once per method and status, not once per request.
final class RequestMetrics: Sendable {
  private struct Outcome: Hashable {
    let method: String
    let status: Int
  }

  private struct Instruments {
    let requests: Counter
    let duration: Timer
  }

  private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

  private let service: String
  private let route: String
  private let instruments = Mutex<[Outcome: Instruments]>([:])

  /// - Parameter route: the template, never the path: the path has as many values as there are entities.
  init(service: String, route: String) {
    self.service = service
    self.route = route
  }

  func record(_ method: HTTPRequest.Method, _ status: HTTPResponse.Status, after duration: Duration) {
    // A client can make up methods without end.
    let method = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
    let outcome = Outcome(method: method, status: status.code)
    let used = instruments.withLock { instruments in
      if let known = instruments[outcome] { return known }
      let made = make(outcome)
      instruments[outcome] = made
      return made
    }
    used.requests.increment()
    used.duration.record(duration: duration)
  }

  private func make(_ outcome: Outcome) -> Instruments {
    let dimensions = [
      ("service", service), ("route", route), ("method", outcome.method), ("status", "\(outcome.status)"),
    ]
    return Instruments(
      requests: Counter(label: "http.server.requests", dimensions: dimensions),
      duration: Timer(label: "http.server.request.duration", dimensions: dimensions))
  }
}
