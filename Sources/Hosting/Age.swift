/// How long ago: a whole number of seconds, minutes, hours or days, as in `90s`, `15m`, `2h` and `7d`.
struct Age: Hashable, Sendable {
  static let expected = "must be a whole number with s, m, h or d behind it, such as 90s, 15m, 2h or 7d"

  let duration: Duration

  init?(_ text: String) {
    guard let unit = text.last, text.utf8.count <= 8,
      text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
      let number = Int64(text.dropLast())
    else { return nil }
    switch unit {
    case "s": duration = .seconds(number)
    case "m": duration = .seconds(number * 60)
    case "h": duration = .seconds(number * 3600)
    case "d": duration = .seconds(number * 86_400)
    default: return nil
    }
  }
}
