import Foundation
import Testing

@testable import Gateway

/// What the target's answer means for each of its events: what it has, what it refuses, and what nobody knows.
@Suite struct JudgingAnswers {
  /// A judgement in short, as a table can hold it.
  enum Meaning: Hashable, Sendable {
    case answered([Verdict])
    case throttled
    /// The whole request; with whether trying again can help.
    case refused(isPermanent: Bool)
    case failed
  }

  enum Verdict: Hashable, Sendable {
    case delivered
    case refused(isPermanent: Bool)
    case unknown
    case throttled
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let status: Int
    let body: String
    let meaning: Meaning
    var isTimed = false

    init(_ status: Int, _ body: String, _ meaning: Meaning, isTimed: Bool = false) {
      (self.status, self.body, self.meaning, self.isTimed) = (status, body, meaning, isTimed)
    }

    var testDescription: String { "\(status)\(isTimed ? " timed" : "") \(body.prefix(100))" }
  }

  private static let ids = ["a", "b", "c"]

  private static func error(
    _ path: String? = nil, code: String? = nil, _ message: String = "no"
  ) -> String {
    let members = [
      #""message":"\#(message)""#, path.map { #""path":["\#($0)"]"# },
      code.map { #""extensions":{"code":"\#($0)"}"# },
    ]
    return "{\(members.compactMap { $0 }.joined(separator: ","))}"
  }

  private static func data(_ members: String, errors: String...) -> String {
    let errors = errors.isEmpty ? "" : #","errors":[\#(errors.joined(separator: ","))]"#
    return #"{"data":\#(members)\#(errors)}"#
  }

  private static func whole(_ errors: String...) -> String {
    #"{"errors":[\#(errors.joined(separator: ","))]}"#
  }

  private static let all = #"{"e0":{"id":"a"},"e1":{"id":"b"},"e2":{"id":"c"}}"#
  private static let second = #"{"e0":{"id":"a"},"e1":null,"e2":{"id":"c"}}"#
  private static let (yes, maybe, never) =
    (Verdict.delivered, Verdict.refused(isPermanent: false), Verdict.refused(isPermanent: true))
  private static let html = "<html><body>no</body></html>"

  private static let withData: [Case] = [
    Case(200, data(all), .answered([yes, yes, yes])),
    Case(201, data(all), .answered([yes, yes, yes])),
    Case(
      200, #"{"extensions":{"cost":1},"data":\#(all),"errors":null,"more":[]}"#, .answered([yes, yes, yes])),
    // What is there counts, whatever is said besides.
    Case(200, data(all, errors: error("e1")), .answered([yes, yes, yes])),
    Case(200, data(all, errors: error()), .answered([yes, yes, yes])),
    Case(400, data(all), .answered([yes, yes, yes])),
    // Another event's answer is no answer.
    Case(200, data(#"{"e0":{"id":"a"},"e1":{"id":"c"},"e2":{"id":"b"}}"#), .answered([yes, maybe, maybe])),
    Case(200, data(#"{"e0":{"id":"a"},"e1":{"id":null},"e2":{}}"#), .answered([yes, maybe, maybe])),
    Case(200, data(#"{"e0":{"id":"A"},"e1":{"id":""},"e2":{"id":"c "}}"#), .answered([maybe, maybe, maybe])),
    // A null and its error.
    Case(200, data(second, errors: error("e1")), .answered([yes, maybe, yes])),
    Case(200, data(second, errors: error("e1", code: "BAD_USER_INPUT")), .answered([yes, never, yes])),
    Case(
      200, data(second, errors: error("e1", code: "INTERNAL_SERVER_ERROR")), .answered([yes, maybe, yes])),
    Case(200, data(second, errors: error("e1", code: "SOMETHING_ELSE")), .answered([yes, maybe, yes])),
    Case(200, data(second, errors: error("e1", code: "FORBIDDEN")), .answered([yes, maybe, yes])),
    Case(
      200, data(second, errors: error("e0", code: "BAD_USER_INPUT"), error("e1")),
      .answered([yes, maybe, yes])),
    Case(
      200,
      data(#"{"e0":null,"e1":null,"e2":{"id":"c"}}"#, errors: error("e1", code: "BAD_REQUEST"), error("e0")),
      .answered([maybe, never, yes])),
    Case(
      200, data(second, errors: #"{"message":"no","path":["e1","id"],"locations":[{"line":1,"column":2}]}"#),
      .answered([yes, maybe, yes])),
    // Its own error comes before one of the whole request.
    Case(
      200, data(second, errors: error(), error("e1", code: "BAD_USER_INPUT")), .answered([yes, never, yes])),
    Case(200, data(second, errors: error(code: "BAD_USER_INPUT")), .answered([yes, never, yes])),
    Case(200, data(second, errors: #"{"message":"no","path":[]}"#), .answered([yes, maybe, yes])),
    Case(200, data(second, errors: #"{"message":"no","path":[0]}"#), .answered([yes, maybe, yes])),
    // Nothing is said of it.
    Case(200, data(second), .answered([yes, maybe, yes])),
    Case(200, data(#"{"e0":{"id":"a"}}"#), .answered([yes, maybe, maybe])),
    Case(200, data("{}"), .answered([maybe, maybe, maybe])),
    Case(200, data(second, errors: error("e7")), .answered([yes, maybe, yes])),
  ]

  private static let withoutData: [Case] = [
    // One null took all with it: the others were executed or not.
    Case(200, data("null", errors: error("e1")), .answered([.unknown, maybe, .unknown])),
    Case(
      200, data("null", errors: error("e1", code: "BAD_USER_INPUT")), .answered([.unknown, never, .unknown])),
    Case(200, data("null", errors: error("e0"), error("e2")), .answered([maybe, .unknown, maybe])),
    Case(400, data("null", errors: error("e1")), .answered([.unknown, maybe, .unknown])),
    Case(200, whole(error("e1")), .answered([.unknown, maybe, .unknown])),
    Case(200, data("null", errors: error(), error("e2")), .answered([.unknown, .unknown, maybe])),
    // Nobody is named.
    Case(200, data("null", errors: error()), .refused(isPermanent: false)),
    Case(200, data("null", errors: error("e9")), .refused(isPermanent: false)),
    Case(200, data("null", errors: error(code: "BAD_USER_INPUT")), .refused(isPermanent: true)),
    Case(200, data("null"), .failed),
    Case(200, #"{"data":null,"errors":[]}"#, .failed),
    Case(200, #"{"errors":[]}"#, .failed),
    // Refused before it was executed.
    Case(200, whole(error()), .refused(isPermanent: true)),
    Case(400, whole(error()), .refused(isPermanent: true)),
    Case(400, whole(error(code: "GRAPHQL_PARSE_FAILED")), .refused(isPermanent: true)),
    Case(400, whole(error(code: "GRAPHQL_VALIDATION_FAILED")), .refused(isPermanent: true)),
    Case(400, whole(error(code: "BAD_REQUEST")), .refused(isPermanent: true)),
    Case(200, whole(error(code: "INTERNAL_SERVER_ERROR")), .refused(isPermanent: false)),
    Case(200, whole(error(code: "SERVICE_UNAVAILABLE")), .refused(isPermanent: false)),
    Case(200, whole(error(code: "TIMEOUT")), .refused(isPermanent: false)),
    // No event of it is to blame.
    Case(200, whole(error(code: "UNAUTHENTICATED")), .failed),
    Case(401, whole(error(code: "UNAUTHENTICATED")), .failed),
    Case(403, whole(error(code: "FORBIDDEN")), .failed),
  ]

  private static let throttled: [Case] =
    ["THROTTLED", "RATE_LIMITED", "RATE_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"].flatMap {
      [
        Case(200, whole(error(code: $0)), .throttled),
        Case(200, data("null", errors: error(code: $0)), .throttled),
      ]
    } + [
      Case(429, "", .throttled), Case(429, html, .throttled, isTimed: true), Case(429, data(all), .throttled),
      Case(429, whole(error("e1", code: "BAD_USER_INPUT")), .throttled),
      Case(503, html, .throttled, isTimed: true), Case(503, "", .throttled, isTimed: true),
    ]

  private static let notGraphQL: [Case] = [
    Case(200, "", .failed), Case(200, html, .failed), Case(200, "{}", .failed), Case(200, "[]", .failed),
    Case(200, "null", .failed), Case(200, #"{"ok":true}"#, .failed), Case(200, #"{"data":"#, .failed),
    Case(200, data("7"), .failed), Case(200, data(#"{"e0":"a"}"#), .failed),
    Case(200, #"{"errors":"no"}"#, .failed),
    Case(200, #"{"errors":[{}]}"#, .failed), Case(200, html, .failed, isTimed: true), Case(204, "", .failed),
    Case(302, "", .failed), Case(304, "", .failed), Case(401, html, .failed), Case(403, "", .failed),
    Case(404, html, .failed), Case(405, html, .failed), Case(408, "", .failed), Case(425, "", .failed),
    Case(501, html, .failed), Case(502, html, .failed), Case(503, html, .failed), Case(504, html, .failed),
    Case(502, data(all), .failed), Case(599, "", .failed),
    Case(400, html, .refused(isPermanent: true)), Case(400, "", .refused(isPermanent: true)),
    Case(400, "{}", .refused(isPermanent: true)), Case(413, html, .refused(isPermanent: true)),
    Case(414, "", .refused(isPermanent: true)), Case(422, html, .refused(isPermanent: true)),
    Case(431, "", .refused(isPermanent: true)), Case(500, html, .refused(isPermanent: false)),
    Case(500, "", .refused(isPermanent: false)), Case(500, whole(error()), .refused(isPermanent: false)),
  ]

  @Test(arguments: withData + withoutData + throttled + notGraphQL)
  func `each has its meaning`(answer: Case) {
    let read = TargetAnswer.read(
      status: answer.status, isTimed: answer.isTimed, body: Data(answer.body.utf8), ids: Self.ids)
    #expect(Meaning(read) == answer.meaning)
  }

  @Test func `of one event alone it is judged as of many`() {
    func read(_ status: Int, _ body: String) -> Meaning {
      Meaning(TargetAnswer.read(status: status, isTimed: false, body: Data(body.utf8), ids: ["a"]))
    }
    #expect(read(200, #"{"data":{"e0":{"id":"a"}}}"#) == .answered([.delivered]))
    #expect(read(200, #"{"data":{"e1":{"id":"a"}}}"#) == .answered([.refused(isPermanent: false)]))
    #expect(
      read(200, Self.data("null", errors: Self.error("e0"))) == .answered([.refused(isPermanent: false)]))
    #expect(read(500, "") == .refused(isPermanent: false))
  }

  @Test func `what the target said is kept, in short, and no longer than it may be`() throws {
    let long = String(repeating: "é", count: 5000)
    let body = Self.data(Self.second, errors: Self.error("e1", code: "BAD_USER_INPUT", long))
    let answer = TargetAnswer.read(status: 200, isTimed: false, body: Data(body.utf8), ids: Self.ids)
    guard case .answered(let verdicts) = answer, case .refused(let refusal) = verdicts[1] else {
      Issue.record("not as it should be: \(answer)")
      return
    }
    #expect(refusal.status == 200)
    #expect(refusal.reason.hasPrefix("the target answered: éé"))
    #expect(refusal.reason.hasSuffix("(BAD_USER_INPUT)"))
    #expect(refusal.reason.count < 400)
    #expect(refusal.excerpt.count < 400)
    #expect(verdicts[0] == .delivered(answer: #"{"id":"a"}"#))

    let page = TargetAnswer.read(status: 502, isTimed: false, body: Data(long.utf8), ids: Self.ids)
    guard case .failed(let reason, 502, let excerpt?) = page else {
      Issue.record("not as it should be: \(page)")
      return
    }
    #expect(reason == "the target answered 502")
    #expect(excerpt.hasPrefix("ééé") && excerpt.utf8.count <= TargetAnswer.longestExcerpt)
  }
}

extension JudgingAnswers.Meaning {
  init(_ answer: TargetAnswer) {
    switch answer {
    case .answered(let verdicts):
      self = .answered(
        verdicts.map { verdict in
          switch verdict {
          case .delivered: .delivered
          case .refused(let refusal): .refused(isPermanent: refusal.isPermanent)
          case .unknown: .unknown
          case .throttled: .throttled
          }
        })
    case .throttled: self = .throttled
    case .refused(let refusal): self = .refused(isPermanent: refusal.isPermanent)
    case .failed: self = .failed
    }
  }
}
