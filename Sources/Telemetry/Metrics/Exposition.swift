/// Puts families together into Prometheus' text format.
struct Exposition {
  private struct Entry {
    let type: MetricType
    let help: String
    var series: [Labels: any Series] = [:]
  }

  private var entries: [MetricName: Entry] = [:]

  /// Adds families. Where a name is taken by another type, the newcomer's name ends in its own type:
  /// a name with two types would make the whole page unreadable.
  mutating func add<S: Series>(_ families: [Family<S>]) {
    for family in families {
      for (labels, series) in family.series {
        var name = family.name
        while let taken = entries[name], taken.type != series.type {
          name = MetricName("\(name)_\(series.type.rawValue)")
        }
        entries[name, default: Entry(type: series.type, help: family.help)]
          .series[labels, default: series] = series
      }
    }
  }

  var text: String {
    var text = ""
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) \(Self.escaped(entry.help))\n"
      text += "# TYPE \(name) \(entry.type.rawValue)\n"
      for (labels, series) in entry.series.sorted(by: { $0.key < $1.key }) {
        text += series.lines(name: name, labels: labels)
      }
    }
    return text
  }

  private static func escaped(_ help: String) -> String {
    var text = ""
    for scalar in help.unicodeScalars {
      switch scalar {
      case "\\": text += #"\\"#
      case "\n": text += #"\n"#
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Double {
  /// A sample value: whole numbers without a fraction, the unbounded ones as `+Inf`, `-Inf`, `NaN`.
  var exposed: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: self)?.description ?? description
  }
}
