import Foundation

extension Behaviour {
  var json: JSONValue {
    [
      "rate": rate.map { .number($0) } ?? .null, "burst": .integer(burst),
      "latencyMs": .integer(latencyMilliseconds), "jitterMs": .integer(jitterMilliseconds),
      "seed": .integer(Int(clamping: seed)), "serverErrors": .number(serverErrors),
      "dropsBefore": .number(dropsBefore), "dropsAfter": .number(dropsAfter), "garbage": .number(garbage),
      "bigAnswers": .number(bigAnswers), "hangs": .number(hangs), "eventErrors": .number(eventErrors),
      "poison": .list(poison.sorted().map { .string($0) }),
      "poisonFailsRequest": .boolean(poisonFailsRequest), "nonNull": .boolean(nonNull),
      "outage": outage.map { ["answer": .string($0.answer.rawValue), "ends": .string($0.ends.rfc3339)] }
        ?? .null,
    ]
  }

  /// Changes what `json` names, and nothing else; null brings the default back.
  /// - Throws: a sentence about what cannot be; then nothing has changed.
  mutating func change(_ json: JSONValue, now: Date) throws(MalformedRequest) {
    guard case .object(let members) = json else { throw MalformedRequest("A behaviour is a JSON object.") }
    var changed = self
    for member in members { try changed.set(member, now: now) }
    guard changed.sumOfShares <= 1 else {
      throw MalformedRequest(
        "serverErrors, dropsBefore, dropsAfter, garbage, bigAnswers and hangs are more than 1 together.")
    }
    self = changed
  }

  private mutating func set(_ member: JSONValue.Member, now: Date) throws(MalformedRequest) {
    let standard = Behaviour()
    switch member.name {
    case "rate": rate = member.value == .null ? nil : try member.number(0, in: 0.001...1_000_000)
    case "burst": burst = try member.integer(standard.burst, in: 1...1_000_000)
    case "latencyMs": latencyMilliseconds = try member.integer(0, in: 0...Self.mostMilliseconds)
    case "jitterMs": jitterMilliseconds = try member.integer(0, in: 0...Self.mostMilliseconds)
    case "seed": seed = UInt64(try member.integer(0, in: 0...Int.max))
    case "serverErrors": serverErrors = try member.number(0, in: 0...1)
    case "dropsBefore": dropsBefore = try member.number(0, in: 0...1)
    case "dropsAfter": dropsAfter = try member.number(0, in: 0...1)
    case "garbage": garbage = try member.number(0, in: 0...1)
    case "bigAnswers": bigAnswers = try member.number(0, in: 0...1)
    case "hangs": hangs = try member.number(0, in: 0...1)
    case "eventErrors": eventErrors = try member.number(0, in: 0...1)
    case "poison": poison = try member.texts()
    case "poisonFailsRequest": poisonFailsRequest = try member.boolean(false)
    case "nonNull": nonNull = try member.boolean(false)
    case "outage": outage = try Outage(member.value, now: now)
    default: throw MalformedRequest("There is no behaviour \"\(member.name.prefix(50))\".")
    }
  }
}

extension Behaviour.Outage {
  /// - Returns: nil for null.
  fileprivate init?(_ json: JSONValue, now: Date) throws(MalformedRequest) {
    if json == .null { return nil }
    guard case .object(let members) = json,
      let seconds = members.first(where: { $0.name == "seconds" })
    else { throw MalformedRequest("\"outage\" must be null, or an object with \"seconds\".") }
    ends = now.addingTimeInterval(try seconds.number(0, in: 0...86_400))
    switch json["answer"] ?? .null {
    case .null: answer = .unavailable
    case .string(let text):
      guard let known = Answer(rawValue: text) else { fallthrough }
      answer = known
    default: throw MalformedRequest("\"answer\" must be \"unavailable\" or \"closing\".")
    }
  }
}

extension JSONValue.Member {
  func number(_ standard: Double, in range: ClosedRange<Double>) throws(MalformedRequest) -> Double {
    switch value {
    case .null: return standard
    case .integer(let number) where range.contains(Double(number)): return Double(number)
    case .number(let number) where range.contains(number): return number
    default: throw MalformedRequest("\"\(name)\" must be from \(range.lowerBound) to \(range.upperBound).")
    }
  }

  func integer(_ standard: Int, in range: ClosedRange<Int>) throws(MalformedRequest) -> Int {
    switch value {
    case .null: return standard
    case .integer(let number) where range.contains(number): return number
    default:
      throw MalformedRequest(
        "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
  }

  fileprivate func boolean(_ standard: Bool) throws(MalformedRequest) -> Bool {
    switch value {
    case .null: return standard
    case .boolean(let boolean): return boolean
    default: throw MalformedRequest("\"\(name)\" must be true or false.")
    }
  }

  fileprivate func texts() throws(MalformedRequest) -> Set<String> {
    switch value {
    case .null: return []
    case .list(let values) where values.allSatisfy({ $0.text != nil }): return Set(values.compactMap(\.text))
    default: throw MalformedRequest("\"\(name)\" must be a list of strings.")
    }
  }
}

extension Date {
  var rfc3339: String {
    formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
  }
}
