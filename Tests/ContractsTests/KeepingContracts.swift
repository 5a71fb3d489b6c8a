import Contracts
import Foundation
import Storage
import Testing

@testable import Messaging

/// What was published once stays readable, and is written in the same way ever after.
@Suite struct KeepingContracts {
  private struct Unlisted: Error {
    let name: String
  }

  private static let optional: Set<String> = [
    "delivery.created.v1 workflowId", "delivery.sent.v1 workflowId", "task.updated.v1 reason",
    "task.updated.v1 nextAttemptAt",
  ]

  /// The event of that name as the catalog knows it.
  private func type(_ name: String) throws -> any Event.Type {
    guard let type = EventCatalog.events.first(where: { $0.name == name }) else { throw Unlisted(name: name) }
    return type
  }

  private func read<Fact: Event>(_ text: String, as type: Fact.Type) throws -> Fact {
    try EventCoding.decoder.decode(type, from: Data(text.utf8))
  }

  private func written(_ event: some Event) throws -> String {
    String(decoding: try EventCoding.encoder.encode(event), as: UTF8.self)
  }

  /// Every field of an object, and of the objects within it that are no free JSON.
  private func places(in fields: [String: Any]) -> [[String]] {
    fields.flatMap { name, value -> [[String]] in
      let inner: [String: Any] = name == "input" ? [:] : value as? [String: Any] ?? [:]
      return [[name]] + places(in: inner).map { [name] + $0 }
    }
  }

  /// - Parameter value: nil for none.
  private func replacing(
    _ place: ArraySlice<String>, of fields: [String: Any], by value: NSNull?
  ) -> [String: Any] {
    guard let name = place.first else { return fields }
    var changed = fields
    if place.count == 1 {
      changed[name] = value
    } else {
      changed[name] = replacing(place.dropFirst(), of: fields[name] as? [String: Any] ?? [:], by: value)
    }
    return changed
  }

  private func text(of fields: [String: Any]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
  }

  @Test(arguments: Golden.all)
  func `is read and written again without a changed byte`(golden: Golden) throws {
    let event = try read(golden.payload, as: type(golden.name))
    #expect(try written(event) == golden.payload)
  }

  @Test(arguments: Golden.all)
  func `travels under its name, on its topic, by its key`(golden: Golden) throws {
    let type = try type(golden.name)
    #expect(type.topic.name == golden.topic)
    #expect(try read(golden.payload, as: type).key == golden.key)
  }

  @Test(arguments: Golden.all)
  func `fields that came later are ignored`(golden: Golden) throws {
    let newer = #"{"zz":{"a":[1,null]},"priority":7,"# + golden.payload.dropFirst()
    let event = try read(newer, as: type(golden.name))
    #expect(try written(event) == golden.payload)
  }

  @Test(arguments: Golden.all)
  func `no field it was published with may be missing or null`(golden: Golden) throws {
    let type = try type(golden.name)
    let fields = try #require(
      JSONSerialization.jsonObject(with: Data(golden.payload.utf8)) as? [String: Any])
    // It can be read as it is, so that a refusal is the missing field's.
    _ = try read(text(of: fields), as: type)
    for place in places(in: fields) {
      let field = place.joined(separator: "/")
      guard !Self.optional.contains("\(golden.name) \(field)") else { continue }
      for replacement in [nil, NSNull()] as [NSNull?] where replacement == nil || field != "input" {
        let broken = replacing(place[...], of: fields, by: replacement)
        let text = try text(of: broken)
        #expect(throws: DecodingError.self, "\(field) \(text)") {
          let event = try read(text, as: type)
          return event.key
        }
      }
    }
  }

  @Test func `a delivery that says null for its workflow stands alone`() throws {
    let event = try read(
      #"{"id":"d1","sentAt":"2026-11-20T17:42:07Z","workflowId":null}"#, as: DeliverySent.self)
    #expect(event.workflowId == nil)
    #expect(event.sentAt == Timestamp("2026-11-20T17:42:07.000Z"))
  }

  @Test func `every event there is has a golden, and no two share a name`() {
    let names = EventCatalog.events.map { $0.name }
    #expect(Set(names).count == names.count)
    #expect(Set(Golden.all.map(\.name)) == Set(names))
  }

  @Test func `every value of an enumeration is in a golden or is written down here`() {
    #expect(TaskName.allCases.map(\.rawValue) == ["PREPARE", "REVIEW", "DELIVER"])
    #expect(TaskState.allCases.map(\.rawValue) == ["NEW", "IN_PROGRESS", "DONE"])
    #expect(DeliveryState.allCases.map(\.rawValue) == ["NEW", "DELIVERED"])
    #expect(
      TaskStatus.allCases.map(\.rawValue) == ["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"])
  }

  @Test func `names are their topics with a version`() {
    for event in EventCatalog.events {
      #expect(event.name.hasPrefix("\(event.topic.name).v"))
      #expect(Int(event.name.dropFirst("\(event.topic.name).v".count)) != nil)
    }
  }

  @Test func `topics are each listed once, and every service has its dead letters`() {
    #expect(
      EventCatalog.topics(of: ["workflow", "delivery"]).map(\.name) == [
        "workflow.created", "workflow.task-updated", "delivery.created", "delivery.sent", "user.created",
        "task.created", "task.cancelled", "task.updated", "task.logged", "event.received", "event.delivered",
        "event.delivery-retried", "event.delivery-failed", "order.created", "order.failed",
        "workflow.dead-letters", "delivery.dead-letters",
      ])
  }
}
