extension Duration {
  /// For people: `7 s`, `0.25 s`.
  var spoken: String {
    let milliseconds = Int64((inSeconds * 1000).rounded())
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    guard rest != 0 else { return "\(seconds) s" }
    let digits = String(String(rest + 1000).dropFirst().reversed().drop { $0 == "0" }.reversed())
    return "\(seconds).\(digits) s"
  }
}
