import Foundation
import NIOCore
import Testing

@testable import Simulators

/// Documents that are GraphQL, that are not, and that are more GraphQL than this target speaks. What is said of
/// them in documents.json is held to graphql-core by scripts/check-graphql.py.
@Suite struct JudgingDocuments {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSONValue
    var name: String { json["name"]?.text ?? "?" }
    var verdict: String? { json["verdict"]?.text }
    var testDescription: String { name }
  }

  static let all: [Case] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    guard let data = try? Data(contentsOf: folder.appending(path: "Documents/documents.json")),
      case .list(let cases)? = try? JSONValue(parsing: ByteBuffer(bytes: data))
    else { return [] }
    return cases.map { Case(json: $0) }
  }()

  private func judge(_ document: Case) throws -> (data: JSONValue, errors: [GraphQLError]) {
    do throws(Planner.Refusal) {
      let plan = try Planner.plan(try request(document), .events(nonNull: false), KnownDocuments())
      let state = TargetState(Behaviour(), token: nil)
      let result = try? state.execute(plan, key: nil, now: Date())
      return (result?.data ?? .null, result?.errors ?? [])
    } catch {
      return (.null, error.errors)
    }
  }

  private func request(_ document: Case) throws(Planner.Refusal) -> GraphQLRequest {
    do throws(MalformedRequest) {
      return try GraphQLRequest(document.json)
    } catch {
      throw Planner.Refusal(errors: [GraphQLError(message: error.message, code: .input)])
    }
  }

  @Test func `there are documents of every kind`() {
    let counts = Dictionary(grouping: Self.all) { $0.verdict }.mapValues(\.count)
    #expect(counts["valid"] ?? 0 > 30)
    #expect(counts["invalid"] ?? 0 > 70)
    #expect(counts["unsupported"] ?? 0 > 5)
  }

  @Test(arguments: all.filter { $0.verdict == "valid" })
  func `a valid document gives the data that graphql-core gives`(_ document: Case) throws {
    let (data, errors) = try judge(document)
    let expected = try #require(document.json["data"])
    #expect(data.sorted == expected.sorted)
    #expect(errors.isEmpty == (expected != .null))
    let refusals: Set<GraphQLError.Code> = [.input, .operation]
    #expect(errors.allSatisfy { refusals.contains($0.code) })
  }

  @Test(arguments: all.filter { $0.verdict == "invalid" })
  func `an invalid document is refused, with the place that is wrong`(_ document: Case) throws {
    let (data, errors) = try judge(document)
    #expect(data == .null)
    let first = try #require(errors.first)
    #expect(first.code == (document.json["syntax"] == true ? .syntax : .validation))
    #expect(errors.allSatisfy { $0.locations.count == 1 && $0.path == nil })
  }

  @Test(arguments: all.filter { $0.verdict == "unsupported" })
  func `what is not supported is refused as such`(_ document: Case) throws {
    let (data, errors) = try judge(document)
    #expect(data == .null)
    #expect(errors.contains { $0.code == .unsupported })
  }

  @Test(arguments: [
    ("{ eventCount }", 2, 1, 3), ("{\r\n  nothing }", 5, 2, 3), ("{\n\n é", 4, 3, 2), ("#é\n{ x }", 6, 2, 3),
  ])
  func `a place is told as people count`(_ text: String, _ offset: Int, _ line: Int, _ column: Int) {
    let location = Location(offset: offset, in: text)
    #expect(location.line == line)
    #expect(location.column == column)
  }

  @Test func `a document with too many tokens is refused`() {
    let text = "{ " + String(repeating: "eventCount ", count: 100_001) + "}"
    let fault = #expect(throws: DocumentFault.self) { try Parser.parse(text) }
    #expect(fault?.code == .unsupported)
  }

  @Test func `no part of a document brings the parser down`() {
    let text =
      #"mutation A($e: [EventInput!] = {a: [1.5e3, "x\u00e9", """b"""]}) @d { a: b(c: $e) { ...f } }"#
    for length in 0..<text.utf8.count {
      let part = String(decoding: text.utf8.prefix(length), as: UTF8.self)
      #expect(throws: DocumentFault.self) { try Parser.parse(part) }
    }
  }
}

extension JSONValue {
  /// With the members of every object in the order of their names: JSON objects have none of their own.
  fileprivate var sorted: JSONValue {
    switch self {
    case .object(let members):
      .object(members.map { Member(name: $0.name, value: $0.value.sorted) }.sorted { $0.name < $1.name })
    case .list(let values): .list(values.map(\.sorted))
    default: self
    }
  }
}
