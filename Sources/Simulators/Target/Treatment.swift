/// What the target does with a request, decided when it arrives.
enum Treatment: Sendable {
  case refused(Behaviour.Outage.Answer)
  case unauthorised
  case throttled(RateLimit.Verdict)
  case admitted(Misfortune?, after: Duration, RateLimit.Verdict?)
}

/// What befalls a request that is admitted.
enum Misfortune: Sendable {
  case serverError(Int)
  case droppedBefore
  case droppedAfter
  case garbage
  case bigAnswer
  case hanging
}

extension Behaviour {
  /// Draws from the shares; one number decides, so that they are exclusive.
  func misfortune(_ dice: inout Dice) -> Misfortune? {
    guard sumOfShares > 0 else { return nil }
    var number = dice.fraction()
    func isHit(_ share: Double) -> Bool {
      number -= share
      return number < 0
    }
    if isHit(serverErrors) { return .serverError([500, 502, 503, 504][Int(dice.fraction() * 4)]) }
    if isHit(dropsBefore) { return .droppedBefore }
    if isHit(dropsAfter) { return .droppedAfter }
    if isHit(garbage) { return .garbage }
    if isHit(bigAnswers) { return .bigAnswer }
    return isHit(hangs) ? .hanging : nil
  }

  func latency(_ dice: inout Dice) -> Duration {
    let jitter = jitterMilliseconds == 0 ? 0 : dice.fraction() * Double(jitterMilliseconds)
    return .milliseconds(Double(latencyMilliseconds) + jitter)
  }

  func isPoison(_ input: EventInput) -> Bool {
    !poison.isEmpty && (poison.contains(input.id) || poison.contains(input.name))
  }
}
