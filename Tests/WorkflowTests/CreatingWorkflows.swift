import GRDB
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Storage
import Testing

/// Story 1, where it begins: a workflow and its three tasks.
@Suite struct CreatingWorkflows {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `answers with the whole workflow and where it lives`() async throws {
    try await bench.serving { caller in
      let answer = try await caller.send(.post, Caller.workflows, #"{"name":"2022 XYZ Corp Tax Return"}"#)
      #expect(answer.status == .created)
      let workflow: ReadWorkflow = try answer.json()
      #expect(answer.headers[.location] == "/api/workflow/workflows/\(workflow.id)")
      #expect(workflow.createdAt == workflow.updatedAt)
      let moment = workflow.createdAt
      #expect(
        answer.text == #"{"createdAt":"\#(moment)","delivery":null,"id":"\#(workflow.id)","#
          + #""name":"2022 XYZ Corp Tax Return","updatedAt":"\#(moment)"}"#)
      let again = try await caller.get("\(Caller.workflows)/\(workflow.id)")
      #expect(again.status == .ok)
      #expect(again.text == answer.text)
    }
  }

  @Test func `makes its three tasks, all NEW, and says so once`() async throws {
    try await bench.serving { caller in
      let workflow = try await caller.create("Tax")
      let tasks = try await caller.get("\(Caller.workflows)/\(workflow.id)/tasks")
      let moment = workflow.createdAt
      #expect(
        tasks.text == #"{"items":[{"name":"PREPARE","state":"NEW","updatedAt":"\#(moment)"},"#
          + #"{"name":"REVIEW","state":"NEW","updatedAt":"\#(moment)"},"#
          + #"{"name":"DELIVER","state":"NEW","updatedAt":"\#(moment)"}],"next":null}"#)
      let published = try await bench.published()
      #expect(
        published == [
          Published(
            type: "workflow.created.v1", key: workflow.id,
            payload: #"{"createdAt":"\#(moment)","id":"\#(workflow.id)","name":"Tax"}"#)
        ])
    }
  }

  @Test func `is all or nothing: without its tasks there is no workflow and no event`() async throws {
    try await bench.store.write { work in
      try work.database.execute(
        sql: """
          CREATE TRIGGER full BEFORE INSERT ON tasks WHEN NEW.name = 'DELIVER'
          BEGIN SELECT RAISE(ABORT, 'no'); END
          """)
    }
    try await bench.serving { caller in
      let answer = try await caller.send(.post, Caller.workflows, #"{"name":"Tax"}"#)
      #expect(answer.status.code >= 500)
      #expect(!answer.text.contains("RAISE") && !answer.text.contains("SQL"))
    }
    try await nothingHappened()
  }

  @Test(arguments: [
    (#"{"name":""}"#, "/name"), (#"{"name":" \t\n "}"#, "/name"), (#"{}"#, "/name"),
    (#"{"name":7}"#, "/name"),
    (#"{"name":null}"#, "/name"), (#"{"name":["a"]}"#, "/name"),
    (#"{"name":"\#(String(repeating: "x", count: 201))"}"#, "/name"),
    // One character to a reader, and more than any message may hold.
    (#"{"name":"e\#(String(repeating: "\u{301}", count: 5000))"}"#, "/name"),
  ])
  func `refuses a name that is none, and points to it`(body: String, pointer: String) async throws {
    try await bench.serving { caller in
      let answer = try await caller.send(.post, Caller.workflows, body)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(pointer)")
    }
    try await nothingHappened()
  }

  @Test func `takes the longest name, and ignores what it does not know`() async throws {
    let name = String(repeating: "ü", count: 200)
    try await bench.serving { caller in
      let answer = try await caller.send(.post, Caller.workflows, #"{"name":"\#(name)","id":"mine","x":{}}"#)
      #expect(answer.status == .created)
      let workflow: ReadWorkflow = try answer.json()
      #expect(workflow.name == name)
      #expect(workflow.id != "mine")
    }
  }

  @Test func `repeated under one key, happens once`() async throws {
    try await bench.serving { caller in
      let first = try await caller.send(.post, Caller.workflows, #"{"name":"Tax"}"#, key: "k-1")
      let second = try await caller.send(.post, Caller.workflows, #"{"name":"Tax"}"#, key: "k-1")
      #expect(second.status == .created)
      #expect(second.text == first.text)
      #expect(second.headers[HTTPField.Name("idempotency-replayed")!] == "true")
      let other = try await caller.send(.post, Caller.workflows, #"{"name":"Law"}"#, key: "k-1")
      #expect(other.status == .unprocessableContent)
      #expect(other.problem == "idempotency-key-reused")
    }
    #expect(try await bench.count("SELECT count(*) FROM workflows") == 1)
    #expect(try await bench.published().count == 1)
  }

  private func nothingHappened() async throws {
    #expect(try await bench.count("SELECT count(*) FROM workflows") == 0)
    #expect(try await bench.count("SELECT count(*) FROM tasks") == 0)
    #expect(try await bench.published().isEmpty)
  }
}
