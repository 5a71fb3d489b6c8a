import Telemetry

/// Reads the text format back, as strictly as Prometheus does where it matters here.
struct Scrape {
  struct Malformed: Error { let line: Substring }

  private(set) var types: [String: String] = [:]
  private(set) var helps: [String: String] = [:]
  /// Value by series, written `name{a="1"}`.
  private(set) var values: [String: Double] = [:]
  private(set) var names: [String] = []

  init(_ metrics: PrometheusMetrics) throws {
    try self.init(metrics.render())
  }

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Malformed(line: text.suffix(20)) }
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      switch words.prefix(2) {
      case ["#", "HELP"] where words.count == 4:
        let previous = helps.updateValue(String(words[3]), forKey: String(words[2]))
        guard previous == nil else { throw Malformed(line: line) }
      case ["#", "TYPE"] where words.count == 4:
        names.append(String(words[2]))
        let previous = types.updateValue(String(words[3]), forKey: String(words[2]))
        guard previous == nil, helps[String(words[2])] != nil else { throw Malformed(line: line) }
      default: try sample(line)
      }
    }
  }

  subscript(series: String) -> Double? { values[series] }

  private mutating func sample(_ line: Substring) throws {
    // name, optional {label="value",…} in which quotes are escaped, a blank, the value.
    let shape =
      /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["n\\])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["n\\])*")*\})? (\S+)/
    guard let match = line.wholeMatch(of: shape), let value = Double(match.3),
      let family = names.last, match.1.hasPrefix(family)
    else { throw Malformed(line: line) }
    let previous = values.updateValue(value, forKey: String(match.1) + String(match.2 ?? ""))
    guard previous == nil else { throw Malformed(line: line) }
  }
}
