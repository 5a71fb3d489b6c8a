import Metrics
import Synchronization

/// How many live streams of a route are open, and how many were cut off.
final class OpenStreams: Sendable {
  private let count = Mutex(0)
  private let dimensions: [(String, String)]

  init(service: String, route: String) {
    dimensions = [("service", service), ("route", route)]
  }

  func opened() { change(by: 1) }
  func closed() { change(by: -1) }
  func cutOff() { Counter(label: "http.streams.cut.off", dimensions: dimensions).increment() }

  // The instruments are looked up each time: most routes have no streams, and streams are opened seldom.
  private func change(by step: Int) {
    count.withLock { count in
      count += step
      Gauge(label: "http.streams.open", dimensions: dimensions).record(count)
    }
  }
}
