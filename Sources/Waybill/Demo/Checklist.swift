/// What a demonstration claims, and whether it held.
struct Checklist {
  private(set) var claims: [(claim: String, held: Bool, remark: String)] = []

  var allHeld: Bool { claims.allSatisfy(\.held) }

  mutating func note(_ claim: String, _ held: Bool, _ remark: String = "") {
    claims.append((claim, held, remark))
  }

  var table: String {
    let width = claims.map(\.claim.count).max() ?? 0
    let lines = claims.map { claim, held, remark in
      "\(held ? "held  " : "BROKEN")  \(claim.padding(to: width))  \(remark)"
    }
    let held = claims.filter(\.held).count
    return lines.joined(separator: "\n") + "\n\(held) of \(claims.count) held"
  }
}
