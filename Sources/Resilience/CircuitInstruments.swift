import Metrics

/// What a circuit breaker shows: `circuit.state` (0 closed, 1 open, 2 half-open) and how often it did what.
struct CircuitInstruments: Sendable {
  let rejected: Counter
  let opened: Counter
  private let state: Gauge

  init(_ name: String) {
    let dimensions = [("name", name)]
    rejected = Counter(label: "circuit.rejected", dimensions: dimensions)
    opened = Counter(label: "circuit.opened", dimensions: dimensions)
    state = Gauge(label: "circuit.state", dimensions: dimensions)
  }

  func show(_ phase: Circuit.Phase) {
    switch phase {
    case .closed: state.record(0)
    case .open: state.record(1)
    case .halfOpen: state.record(2)
    }
  }
}
