import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulators

/// GraphQL over HTTP, and who may speak it.
@Suite struct SpeakingHTTP {
  @Test(arguments: [
    "", "{", "[]", "\"text\"", #"{"query":5}"#, #"{"variables":{}}"#,
    #"{"query":"{eventCount}","variables":[]}"#,
    #"{"query":"{eventCount}","operationName":1}"#, #"{"query":"{eventCount}","extensions":1}"#,
    String(repeating: "[", count: 5000),
  ])
  func `a request that is none is a 400`(_ text: String) async throws {
    try await target { _, address in
      let reply = try await address.send(.POST, "/graphql", text: text)
      #expect(reply.status == 400)
      #expect(try reply.json["errors"] != nil)
      #expect(try reply.json["data"] == nil)
    }
  }

  @Test func `a refused document is a 200 without data in plain JSON, and a 400 in GraphQL's own`()
    async throws
  {
    try await target { _, address in
      let body: JSONValue = ["query": "{ nothing }"]
      let plain = try await address.send(.POST, "/graphql", body)
      #expect(plain.status == 200)
      #expect(plain.headers.first(name: "content-type") == "application/json")
      #expect(try plain.json["data"] == nil)
      let accept = ["accept": "application/json;q=0.5, application/graphql-response+json"]
      let own = try await address.send(.POST, "/graphql", body, headers: accept)
      #expect(own.status == 400)
      #expect(own.headers.first(name: "content-type") == "application/graphql-response+json")
      let right = try await address.send(.POST, "/graphql", ["query": "{ eventCount }"], headers: accept)
      #expect(right.status == 200)
    }
  }

  @Test func `other methods and media types are refused`() async throws {
    try await target { _, address in
      let get = try await address.send(.GET, "/graphql?query=%7BeventCount%7D")
      #expect(get.status == 405)
      #expect(get.headers.first(name: "allow") == "POST")
      let text = try await address.send(
        .POST, "/graphql", ["query": "{ eventCount }"], headers: ["content-type": "text/plain"])
      #expect(text.status == 415)
      let html = try await address.send(
        .POST, "/graphql", ["query": "{ eventCount }"], headers: ["accept": "text/html"])
      #expect(html.status == 406)
    }
  }

  @Test func `only the right token lets in, and it is never told`() async throws {
    try await target(token: "first-secret") { simulator, address in
      let none = try await address.create([event("a")])
      #expect(none.status == 401)
      #expect(none.headers.first(name: "www-authenticate") == "Bearer")
      let wrong = try await address.create([event("a")], headers: ["authorization": "Bearer second-secret"])
      #expect(wrong.status == 401)
      #expect(simulator.state.events.isEmpty)
      let right = ["authorization": "bearer first-secret"]
      #expect(try await address.create([event("a")], headers: right).status == 200)
      let changed = try await address.send(.POST, "/simulator/behaviour", ["token": "second-secret"])
      #expect(try changed.json["tokenRequired"] == true)
      #expect(!String(buffer: changed.body).contains("secret"))
      #expect(try await address.create([event("b")], headers: right).status == 401)
      _ = try await address.send(.POST, "/simulator/behaviour", ["token": nil])
      #expect(try await address.create([event("b")]).status == 200)
    }
  }

  @Test func `a taken port is named, with the setting that changes it`() async throws {
    try await target { simulator, address in
      var configuration = TargetConfiguration()
      configuration.port = address.port
      let second = TargetSimulator(configuration: configuration, logger: .init(label: "test"))
      let error = await #expect(throws: SimulatorCannotListen.self) { try await second.run() }
      let text = "\(try #require(error))"
      #expect(text.contains("\(address.port)"))
      #expect(text.contains("TARGET_SIMULATOR_PORT"))
    }
  }
}
