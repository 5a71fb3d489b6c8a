import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Testing

@Suite struct ListingWorkflows {
  let bench: TestBench

  init() throws { bench = try TestBench() }

  @Test func `goes from the newest to the oldest, page by page, whatever arrives meanwhile`() async throws {
    try await bench.serving { caller in
      var ids: [String] = []
      for number in 1...5 { try await ids.insert(caller.create("number \(number)").id, at: 0) }

      var pages: [[String]] = []
      var cursor: String?
      repeat {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let page: ReadPage<ReadWorkflow> = try await caller.get("\(Caller.workflows)?limit=2\(more)").json()
        pages.append(page.items.map(\.id))
        cursor = page.next
        _ = try await caller.create("arrives meanwhile")
      } while cursor != nil
      #expect(pages == [Array(ids[0..<2]), Array(ids[2..<4]), Array(ids[4..<5])])
    }
  }

  @Test func `of nothing is an empty page`() async throws {
    try await bench.serving { caller in
      let page = try await caller.get(Caller.workflows)
      #expect(page.text == #"{"items":[],"next":null}"#)
    }
  }

  @Test func `takes a limit above the largest for the largest`() async throws {
    try await bench.serving { caller in
      _ = try await caller.create("one")
      let page: ReadPage<ReadWorkflow> = try await caller.get("\(Caller.workflows)?limit=1000000").json()
      #expect(page.items.count == 1)
    }
  }

  @Test(arguments: [
    ("cursor=nonsense", "/cursor"), ("cursor=", "/cursor"), ("cursor=eA", "/cursor"), ("limit=0", "/limit"),
    ("limit=-1", "/limit"), ("limit=ten", "/limit"),
  ])
  func `refuses a page that cannot be understood`(query: String, pointer: String) async throws {
    try await bench.serving { caller in
      let answer = try await caller.get("\(Caller.workflows)?\(query)")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(pointer)")
    }
  }

  @Test(arguments: ["", "/tasks"])
  func `knows no workflow of an unknown id`(below: String) async throws {
    try await bench.serving { caller in
      let answer = try await caller.get("\(Caller.workflows)/nobody\(below)")
      #expect(answer.status == .notFound)
      #expect(answer.problem == "not-found")
    }
  }
}
