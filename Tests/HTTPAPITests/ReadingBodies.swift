import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@testable import HTTPAPI

/// What a client may send, and what it is told when it may not.
@Suite struct ReadingBodies {
  let service: NotesService

  init() throws { service = try NotesService() }

  private func posting(
    _ body: String, contentType: String? = "application/json", _ setup: TestingSetup = .router
  ) async throws -> TestResponse {
    var headers = try await service.signedIn()
    headers[.contentType] = contentType
    return try await service.app().test(setup) { [headers] in try await $0.post("/notes", headers, body) }
  }

  @Test(arguments: [
    (#"{}"#, "/name", "is required"),
    (#"{"name":null}"#, "/name", "must not be null"),
    (#"{"name":7}"#, "/name", "must be a string"),
    (#"{"name":["a"]}"#, "/name", "must be a string"),
    (#"{"name":"a","count":"1"}"#, "/count", "must be a whole number"),
    (#"{"name":"a","count":1.5}"#, "/count", "must be a whole number in range"),
    (#"{"name":"a","count":99999999999999999999}"#, "/count", "must be a whole number in range"),
    (#"{"name":"a","count":1,"labels":{"a":1,"b":2.5}}"#, "/labels/b", "must be a whole number in range"),
    (#"{"name":"a","colour":"blue"}"#, "/colour", "is not an allowed value"),
    (#"{"name":"a","due":"tomorrow"}"#, "/due", "not an RFC 3339 time"),
    (#"{"name":"a","lines":{}}"#, "/lines", "must be an array"),
    (#"{"name":"a","lines":[{"text":"x"},{}]}"#, "/lines/1/text", "is required"),
    (#"{"name":"a","lines":[7]}"#, "/lines/0", "must be an object"),
    (#"{"name":"a","labels":{"a/b~c":"x"}}"#, "/labels/a~1b~0c", "must be a whole number"),
    (#"[]"#, "", "must be an object"),
    (#""name""#, "", "must be an object"),
    (#"null"#, "", "must not be null"),
  ])
  func `what cannot be accepted is pointed at`(_ body: String, _ pointer: String, _ detail: String)
    async throws
  {
    let response = try await posting(body)
    #expect(response.status == .unprocessableContent)
    let problem = try response.problem()
    #expect(problem.type == "urn:waybill:problem:invalid-request")
    #expect(problem.errors == [ReadProblem.Fault(pointer: pointer, detail: detail)])
    #expect(try await service.noteCount() == 0)
  }

  @Test(arguments: ["", " ", "{", #"{"name":"a""#, #"{"name":"a"}}"#, "{name:1}", "\u{0}", "<note/>"])
  func `what is not JSON is refused`(_ body: String) async throws {
    let response = try await posting(body)
    #expect(response.status == .badRequest)
    #expect(try response.problem().type == "urn:waybill:problem:bad-request")
  }

  @Test(arguments: [
    ("", "[", ""), ("", #"{"a":"#, ""), (#"{"name":"a","x":"#, "[", "]"), (#"{"name":"a","lines":"#, "[", ""),
  ])
  func `what is nested 100,000 deep is refused and harms nobody`(
    _ start: String, _ opening: String, _ closing: String
  ) async throws {
    func many(_ text: String) -> String { String(repeating: text, count: 100_000) }
    let response = try await posting(start + many(opening) + many(closing) + (start.isEmpty ? "" : "}"))
    #expect(response.status == .badRequest)
  }

  @Test func `in a document with too many numbers none is looked for`() async throws {
    let labels = (0..<100).map { #""\#($0)":1.5"# }.joined(separator: ",")
    let response = try await posting(#"{"name":"a","labels":{\#(labels)}}"#)
    #expect(response.status == .unprocessableContent)
    #expect(try response.problem().errors?.map(\.pointer) == [""])
  }

  @Test func `every number that does not fit is pointed at`() async throws {
    let response = try await posting(#"{"name":"a","count":1.5,"labels":{"a":1e30,"b":2}}"#)
    #expect(try response.problem().errors?.map(\.pointer) == ["/count", "/labels/a"])
  }

  @Test(arguments: [[0xFF, 0xFE, 0x00], [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x7D]] as [[UInt8]])
  func `bytes that are no text are refused`(_ bytes: [UInt8]) async throws {
    let headers = try await service.signedIn()
    let response = try await service.app().test(.router) { client in
      try await client.execute(uri: "/notes", method: .post, headers: headers, body: ByteBuffer(bytes: bytes))
    }
    #expect(response.status == .badRequest)
  }

  @Test(arguments: [
    #"{"name":"a","unknown":{"deep":[1,2,{"x":null}]}}"#, #"{"name":"b","name":"a"}"#,
    #"{"name":"a","count":null}"#,
  ])
  func `unknown fields, doubled fields and absent options are accepted`(_ body: String) async throws {
    let response = try await posting(body)
    #expect(response.status == .created)
  }

  @Test(arguments: [
    "application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json",
    "application/cloudevents+json ; charset=utf-8",
  ])
  func `every way to say JSON is understood`(_ contentType: String) async throws {
    let response = try await posting(#"{"name":"a"}"#, contentType: contentType)
    #expect(response.status == .created)
  }

  @Test(arguments: [nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "+json"])
  func `a body of another kind is refused`(_ contentType: String?) async throws {
    let response = try await posting(#"{"name":"a"}"#, contentType: contentType)
    #expect(response.status == .unsupportedMediaType)
    #expect(try response.problem().type == "urn:waybill:problem:unsupported-media-type")
  }

  @Test func `a body of 10 MB is refused, and the connection serves the next request`() async throws {
    let headers = try await service.signedIn()
    let large = #"{"name":"\#(String(repeating: "a", count: 10_000_000))"}"#
    try await service.app().test(.live) { client in
      let refused = try await client.post("/notes", headers, large)
      #expect(refused.status == .contentTooLarge)
      #expect(try refused.problem().type == "urn:waybill:problem:body-too-large")
      let accepted = try await client.post("/notes", headers, #"{"name":"a"}"#)
      #expect(accepted.status == .created)
    }
  }

  @Test func `a body just within the limit is read`() async throws {
    let frame = #"{"name":""}"#
    let body = #"{"name":"\#(String(repeating: "a", count: (1 << 20) - frame.utf8.count))"}"#
    let exact = try await posting(body)
    #expect(exact.status == .created)
    let over = try await posting(body + " ")
    #expect(over.status == .contentTooLarge)
  }

  @Test(arguments: [(nil, 11), ("10001", 0)] as [(String?, Int)])
  func `a body is read no further than the limit, and not at all when its length is told`(
    _ length: String?, _ chunks: Int
  ) async throws {
    let pulled = Mutex(0)
    let endless = AsyncStream {
      pulled.withLock { $0 += 1 }
      return ByteBuffer(repeating: 0x20, count: 1000)
    }
    var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/notes")
    head.headerFields[.contentLength] = length
    let request = Request(head: head, body: RequestBody(asyncSequence: endless))
    let problem = await #expect(throws: Problem.self) { try await IncomingBody.read(request, limit: 10_000) }
    #expect(problem?.status == .contentTooLarge)
    #expect(pulled.withLock { $0 } == chunks)
  }

  @Test func `who may not ask is refused before the body is looked at`() async throws {
    let response = try await service.app().test(.router) { client in
      try await client.post("/notes", [.contentType: "text/plain"], "x")
    }
    #expect(response.status == .unauthorized)
  }
}
