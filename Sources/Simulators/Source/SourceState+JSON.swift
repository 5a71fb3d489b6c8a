extension SourceState {
  var json: JSONValue {
    let (counts, runs, latencies) = (counts, runs, latencies)
    let reasons = counts.lost.sorted { $0.key < $1.key }
    var members: [JSONValue.Member] = [
      .init(name: "sent", value: .integer(counts.sent)),
      .init(name: "accepted", value: .integer(counts.accepted)),
      .init(name: "lost", value: .integer(counts.allLost)),
      .init(name: "lostBy", value: .object(reasons.map { .init(name: $0.key, value: .integer($0.value)) })),
      .init(name: "pending", value: .integer(counts.pending)),
      .init(name: "rate", value: .number(rate)),
    ]
    if let latencies { members.append(.init(name: "latencyMs", value: latencies.json)) }
    members.append(.init(name: "runs", value: .list(runs.map(\.json))))
    return .object(members)
  }
}
