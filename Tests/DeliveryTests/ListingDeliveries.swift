import Contracts
import HTTPTypes
import HummingbirdTesting
import Messaging
import ServiceTesting
import Storage
import Testing

@Suite struct ListingDeliveries {
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
        let page: ReadPage<ReadDelivery> = try await caller.get("\(Caller.deliveries)?limit=2\(more)").json()
        pages.append(page.items.map(\.id))
        cursor = page.next
        _ = try await caller.create("arrives meanwhile")
      } while cursor != nil
      #expect(pages == [Array(ids[0..<2]), Array(ids[2..<4]), Array(ids[4..<5])])
    }
  }

  @Test func `by state and by workflow, alone and together`() async throws {
    try await bench.serving { caller in
      let first = try await caller.create("Tax")
      let second = try await caller.create("Law")
      let third = try await caller.create("Audit")
      _ = try await caller.put("DELIVERED", on: second.id)
      _ = try await caller.link(second.id, to: "w2")
      _ = try await caller.link(third.id, to: "w3")
      #expect(try await caller.list() == [third.id, second.id, first.id])
      #expect(try await caller.list("?state=NEW") == [third.id, first.id])
      #expect(try await caller.list("?state=DELIVERED") == [second.id])
      #expect(try await caller.list("?workflowId=w3") == [third.id])
      #expect(try await caller.list("?workflowId=w2&state=DELIVERED") == [second.id])
      #expect(try await caller.list("?workflowId=w2&state=NEW").isEmpty)
      #expect(try await caller.list("?workflowId=nobody").isEmpty)
      let page: ReadPage<ReadDelivery> = try await caller.get("\(Caller.deliveries)?state=NEW&limit=1").json()
      let cursor = try #require(page.next)
      #expect(try await caller.list("?state=NEW&limit=1&cursor=\(cursor)") == [first.id])
    }
  }

  @Test(arguments: [
    ("state=SENT", "/state"), ("state=", "/state"), ("cursor=nonsense", "/cursor"), ("cursor=", "/cursor"),
    ("limit=0", "/limit"), ("limit=ten", "/limit"),
  ])
  func `refuses a list that cannot be understood`(query: String, pointer: String) async throws {
    try await bench.serving { caller in
      let answer = try await caller.get("\(Caller.deliveries)?\(query)")
      #expect(answer.status == .unprocessableContent)
      #expect(answer.problem == "invalid-request \(pointer)")
    }
  }

  @Test func `knows no delivery of an unknown id`() async throws {
    try await bench.serving { caller in
      let answer = try await caller.get("\(Caller.deliveries)/nobody")
      #expect(answer.status == .notFound)
      #expect(answer.problem == "not-found")
    }
  }
}
