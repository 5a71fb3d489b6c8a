import Foundation
import Storage
import Testing

@Suite("Times, identities and pages")
struct VocabularyTests {
  @Test func `ids only grow, also within a millisecond, and are version 7`() {
    let now = Timestamp.now
    let ids = (0..<10_000).map { _ in UUIDv7.next(at: now) }
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
    #expect(
      ids.allSatisfy { UUID(uuidString: $0) != nil && Array($0)[14] == "7" && "89ab".contains(Array($0)[19]) }
    )
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
    (951_782_400_001, "2000-02-29T00:00:00.001Z"),
  ])
  func `a time is RFC 3339 to the millisecond, there and back`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
    #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
  }

  @Test func `a time without a fraction is read too, and anything else is not`() {
    #expect(Timestamp("2023-11-14T22:13:20Z") == Timestamp(milliseconds: 1_700_000_000_000))
    #expect(Timestamp("yesterday") == nil)
    #expect(Timestamp("") == nil)
  }

  @Test func `a page knows where the next one starts, and the last one says that it is the last`() throws {
    let first = Page(fetched: ["c", "b", "a"], limit: 2, key: \.self)
    #expect(first.items == ["c", "b"])
    let next = try #require(PageRequest(cursor: first.next))
    #expect(next.after == "b")
    let last = Page(fetched: ["a"], limit: 2, key: \.self)
    let json = String(decoding: try JSONEncoder().encode(last), as: UTF8.self)
    #expect(json.contains(#""next":null"#))
  }

  @Test(arguments: ["", "nonsense", "!!!", "YQ"])
  func `a cursor that we did not make is refused`(cursor: String) {
    #expect(PageRequest(cursor: cursor) == nil)
  }
}
