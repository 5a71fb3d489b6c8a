import Foundation
import HTTPAPI
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

@testable import Gateway

/// What two readers could take for two things, or nobody for an event, is refused by its place.
@Suite struct RefusingWhatIsNoEvent {
  /// With what is wrong, as the problem names it.
  struct Wrong: CustomTestStringConvertible, Sendable {
    let sent: [UInt8]
    let problem: String

    init(_ sent: String, _ problem: String = "event-malformed ") {
      self.init(Array(sent.utf8), problem)
    }

    init(_ sent: [UInt8], _ problem: String = "event-malformed ") {
      (self.sent, self.problem) = (sent, problem)
    }

    var testDescription: String { String(decoding: sent.prefix(80), as: UTF8.self) }
  }

  private static func with(_ member: String, _ value: String?) -> String {
    var members = ["id": #""e1""#, "name": #""n""#, "body": #""b""#, "timestamp": #""t""#]
    members[member] = value
    return
      "{\(members.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ","))}"
  }

  private static let notJSON: [Wrong] = [
    Wrong(""), Wrong(" "), Wrong("id=e1&name=n"), Wrong("<event/>"), Wrong("\u{FEFF}" + with("id", #""e1""#)),
    Wrong(String(with("id", #""e1""#).dropLast())), Wrong(String(with("id", #""e1""#).prefix(20))),
    Wrong(with("id", #""e1""#) + "x"), Wrong(with("id", #""e1""#) + with("id", #""e2""#)),
    Wrong(with("body", "01")), Wrong(with("body", "1.")), Wrong(with("body", ".5")),
    Wrong(with("body", "+1")),
    Wrong(with("body", "-")), Wrong(with("body", "1e")), Wrong(with("body", "NaN")),
    Wrong(with("body", "Infinity")), Wrong(with("body", "tru")), Wrong(with("body", "nulls")),
    Wrong(with("body", "'b'")), Wrong(with("body", "[1,]")), Wrong(with("body", "[1 2]")),
    Wrong(with("body", #"{"a":1,}"#)), Wrong(with("body", #"{"a" 1}"#)), Wrong(with("body", "{a:1}")),
    Wrong(with("body", #"{"a":1]"#)), Wrong(with("body", "\"line\nend\"")), Wrong(with("body", "\"\u{1}\"")),
    Wrong(with("body", #""\x""#)), Wrong(with("body", #""\u12""#)), Wrong(with("body", #""\u12g4""#)),
    Wrong(with("body", #""\"#)), Wrong(with("body", "/*c*/1")), Wrong(with("body", "")),
  ]

  private static let notAnObject = ["[]", "[{}]", #""e1""#, "1", "null", "true"].map { Wrong($0) }

  private static let notUTF8: [Wrong] = [
    [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3],
  ].map { Wrong(Array(#"{"id":"e1","name":"n","timestamp":"t","body":""#.utf8) + $0 + Array(#""}"#.utf8)) }

  private static let twice: [Wrong] = [
    Wrong(#"{"id":"e1","id":"e1","name":"n","body":"b","timestamp":"t"}"#),
    Wrong(#"{"id":"e1","name":"n","body":"b","body":"c","timestamp":"t"}"#),
    Wrong(#"{"id":"e1","\u0069d":"e2","name":"n","body":"b","timestamp":"t"}"#),
    Wrong(#"{"id":"e1","name":"n","body":"b","timestamp":"t","more":1,"more":1}"#),
  ]

  private static let deep: [Wrong] = [
    Wrong(with("body", nested(64, "[", "0", "]"))), Wrong(with("body", nested(64, #"{"a":"#, "0", "}"))),
    Wrong(with("more", nested(64, "[", "0", "]"))), Wrong(with("body", nested(100_000, "[", "", "]"))),
    Wrong(with("body", String(repeating: "[", count: 500_000))),
    Wrong(String(repeating: #"{"id":"#, count: 100_000)),
  ]

  private static let missing = ["id", "name", "body", "timestamp"].map {
    Wrong(with($0, nil), "event-malformed /\($0)")
  }

  private static let wrongType =
    ["id", "name", "timestamp"].flatMap { member in
      ["null", "true", "{}", "[]", #"["e1"]"#].map { Wrong(with(member, $0), "event-malformed /\(member)") }
    } + ["id", "name"].map { Wrong(with($0, "7"), "event-malformed /\($0)") }

  private static let wrongLength = [("id", 201), ("name", 201), ("timestamp", 101)].flatMap {
    member, tooMany in
    ["", String(repeating: "x", count: tooMany), String(repeating: "😀", count: tooMany)].map {
      Wrong(with(member, "\"\($0)\""), "event-malformed /\(member)")
    }
  }

  private static let noCharacter = ["id", "name", "body", "timestamp"].flatMap { member in
    [#""\ud800""#, #""a\udc00b""#, #""\ud83dx""#, #""\ud83d\u0041""#].map {
      Wrong(with(member, $0), "event-malformed /\(member)")
    }
  }

  private static let zeros = ["id", "name", "timestamp"].map {
    Wrong(with($0, #""a\u0000b""#), "event-malformed /\($0)")
  }

  static let all =
    notJSON + notAnObject + notUTF8 + twice + deep + missing + wrongType + wrongLength + noCharacter + zeros

  @Test(arguments: all)
  func `is answered with 422 and the place, kept byte for byte, and changes nothing else`(
    wrong: Wrong
  ) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(wrong.sent, [.authorization: "Bearer \(key)"])
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == wrong.problem)
      #expect(try await bench.rows() == Rows(rejected: 1))
      let kept = try await caller.lastRejection()
      #expect(answer.text.contains("GET /rejections/\(kept.id)."))
      #expect(kept.source == "shop")
      #expect(kept.kind == "malformed")
      #expect(kept.eventId == nil)
      #expect(!kept.reason.isEmpty)
      #expect(kept.size == wrong.sent.count)
      let isText = String(validating: wrong.sent, as: UTF8.self) != nil
      #expect((kept.raw != nil) == isText)
      #expect((kept.rawBase64 != nil) == !isText)
      // More than its beginning of something very long need not be kept.
      let bytes = try #require(kept.bytes)
      #expect(bytes == Array(wrong.sent.prefix(bytes.count)))
      #expect(bytes.count >= min(wrong.sent.count, 1 << 16))
      #expect(kept.isTruncated == (bytes.count < wrong.sent.count))
    }
  }

  @Test(arguments: [
    with("id", "\"\(String(repeating: "😀", count: 200))\""),
    with("name", "\"\(String(repeating: "x", count: 200))\""),
    with("timestamp", "\"\(String(repeating: "x", count: 100))\""), with("body", nested(63, "[", "0", "]")),
    with("body", nested(63, #"{"a":"#, "0", "}")), with("body", #""\ud83d\ude00""#),
    with("more", #"{"id":7,"name":null}"#), "\r\n\t " + with("body", "0") + " \n",
  ])
  func `what is just within the limits is an event`(sent: String) async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let answer = try await caller.hand(sent, key: key)
      #expect(answer.status == .accepted, "\(answer.text)")
      #expect(try await bench.rows() == Rows(events: 1, outbox: 1))
    }
  }

  @Test func `the id of what was refused is free for the event as it should have been`() async throws {
    let bench = try ServiceBench.gateway()
    try await bench.serving { caller in
      let key = try await caller.addSource().secret
      let cut = String(try event("e1").dropLast(3))
      #expect(try await caller.hand(cut, key: key).status == .unprocessableContent)
      #expect(try await caller.hand(event("e1"), key: key).status == .accepted)
    }
  }
}

private func nested(_ depth: Int, _ open: String, _ inner: String, _ close: String) -> String {
  String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
}
