/// The labels of a series as they stand between the braces: `method="GET",status="200"`.
///
/// Sorted by name, so that the order in which a caller lists dimensions makes no second series.
struct Labels: Hashable, Comparable {
  private let text: String

  init(_ dimensions: [(String, String)]) {
    var values: [String: String] = [:]
    for (name, value) in dimensions {
      let name = Self.name(name)
      // Two dimensions that end up with one name share it, as in Prometheus' own OTLP receiver.
      values[name] = values[name].map { "\($0);\(value)" } ?? value
    }
    text = values.sorted { $0.key < $1.key }
      .map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
  }

  var inBraces: String { text.isEmpty ? "" : "{\(text)}" }

  /// With the upper bound of a histogram's bucket, which stands last.
  func inBraces(upTo bound: String) -> String {
    text.isEmpty ? "{le=\"\(bound)\"}" : "{\(text),le=\"\(bound)\"}"
  }

  static func < (one: Self, other: Self) -> Bool { one.text < other.text }

  /// Prometheus keeps `le` for buckets and names that begin with two underscores for itself.
  private static func name(_ dimension: String) -> String {
    let name = MetricName.sanitised(dimension, keepingColons: false)
    if name == "le" { return "exported_le" }
    return name.hasPrefix("__") ? "key" + name : name
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += #"\\"#
      case "\"": text += #"\""#
      case "\n": text += #"\n"#
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
