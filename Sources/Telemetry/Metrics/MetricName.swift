/// A valid name of a metric family: `[a-zA-Z_:][a-zA-Z0-9_:]*`, anything else an underscore.
struct MetricName: Hashable, Comparable, CustomStringConvertible {
  let description: String

  /// - Parameter suffix: what the name must end in; not repeated when it does already.
  init(_ label: String, suffix: String = "") {
    let name = Self.sanitised(label, keepingColons: true)
    description = name.hasSuffix(suffix) ? name : name + suffix
  }

  static func < (one: Self, other: Self) -> Bool { one.description < other.description }

  static func sanitised(_ text: String, keepingColons: Bool) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
      case ":" where keepingColons: name.unicodeScalars.append(scalar)
      case "0"..."9":
        if name.isEmpty { name = "_" }
        name.unicodeScalars.append(scalar)
      default: name += "_"
      }
    }
    return name.isEmpty ? "_" : name
  }
}
