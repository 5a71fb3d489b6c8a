import Synchronization

/// One line of numbers over time: a metric with its labels.
protocol Series: AnyObject, Sendable {
  var type: MetricType { get }
  /// The sample lines, each with its line feed.
  func lines(name: MetricName, labels: Labels) -> String
}

enum MetricType: String {
  case counter, gauge, histogram
}

/// All series that go by one name.
struct Family<S: Sendable>: Sendable {
  let name: MetricName
  let help: String
  var series: [Labels: S] = [:]
}

/// The series of one kind, found by what the caller calls them.
///
/// Finding is a hash look-up on the caller's own spelling; names are only made valid when a series is
/// new. Two spellings that Prometheus cannot tell apart (`a.b`, `a-b`) are one series.
final class SeriesTable<S: Series>: Sendable {
  private struct Key: Hashable {
    let label: String
    let dimensions: [String]

    init(_ label: String, _ dimensions: [(String, String)]) {
      self.label = label
      self.dimensions = dimensions.flatMap { [$0, $1] }
    }
  }

  private struct State {
    var found: [Key: S] = [:]
    var families: [MetricName: Family<S>] = [:]
  }

  private let state = Mutex(State())

  var families: [Family<S>] { state.withLock { Array($0.families.values) } }

  func series(
    _ label: String, _ dimensions: [(String, String)], named name: @autoclosure () -> MetricName,
    help: @autoclosure () -> String, make: () -> S
  ) -> S {
    let key = Key(label, dimensions)
    return state.withLock { state in
      if let series = state.found[key] { return series }
      let name = name()
      let labels = Labels(dimensions)
      var family = state.families.removeValue(forKey: name) ?? Family(name: name, help: help())
      let series = family.series[labels] ?? make()
      family.series[labels] = series
      state.families[name] = family
      state.found[key] = series
      return series
    }
  }

  func replace(
    _ label: String, _ dimensions: [(String, String)], named name: MetricName, help: String,
    make: () -> S
  ) {
    let series = make()
    state.withLock { state in
      state.families[name, default: Family(name: name, help: help)].series[Labels(dimensions)] =
        series
      state.found[Key(label, dimensions)] = series
    }
  }

  /// Forgets a series; whoever still holds it counts on unseen.
  func remove(_ handler: AnyObject) {
    guard let series = handler as? S else { return }
    state.withLock { state in
      state.found = state.found.filter { $0.value !== series }
      state.families = state.families.compactMapValues { family in
        var family = family
        family.series = family.series.filter { $0.value !== series }
        return family.series.isEmpty ? nil : family
      }
    }
  }
}
