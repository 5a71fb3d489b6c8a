import Messaging

extension GatewayEvent {
  /// Everything that happened to it, the earliest first: the steps that every event goes through are columns of
  /// it, the others are `steps`.
  func story(_ steps: [EventStep]) -> [EventStep] {
    var story = [EventStep(at: receivedAt, kind: .received, detail: "from \(source)")]
    if let queuedAt {
      story.append(EventStep(at: queuedAt, kind: .queued, detail: "with the brand \(brand)"))
    }
    story += steps
    if status == .delivered {
      story.append(
        EventStep(
          at: updatedAt, kind: .delivered, attempt: attempt, status: 200, excerpt: answer, runner: runner))
    }
    // By time, and within a millisecond in this order; the first is the first, whatever another instance's clock said.
    return [story[0]]
      + story.dropFirst().enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(
        \.element)
  }
}
