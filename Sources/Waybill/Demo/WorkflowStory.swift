import Foundation
import Kafka

/// System 1: creating a workflow creates a delivery, and sending it marks the workflow's DELIVER task done.
struct WorkflowStory {
  private struct Workflow: Decodable {
    struct Delivery: Decodable {
      let id: String
      let state: String
    }
    let id: String
    let delivery: Delivery?
  }

  private struct WorkflowTask: Decodable {
    let name: String
    let state: String
  }

  private struct Delivery: Decodable {
    let id: String
    let workflowId: String?
    let state: String
  }

  private struct List<Item: Decodable>: Decodable {
    let items: [Item]
  }

  let program: Program
  let client: APIClient
  let watch: EventWatch
  let workflow: ServiceCatalog.Entry
  let delivery: ServiceCatalog.Entry

  init(_ program: Program, _ client: APIClient, _ watch: EventWatch) throws {
    guard let workflow = ServiceCatalog.entry("workflow"), let delivery = ServiceCatalog.entry("delivery")
    else {
      throw Complaint("This program has no workflow or delivery service.")
    }
    self.program = program
    self.client = client
    self.watch = watch
    self.workflow = workflow
    self.delivery = delivery
  }

  func play(_ checklist: inout Checklist) async throws {
    print("\nStory 1: creating a workflow creates a delivery")
    let key = UUID().uuidString
    let post = #"{"name":"2022 XYZ Corp Tax Return"}"#
    let started = ContinuousClock.now
    let answer = try await client.send(
      "POST", "/api/workflow/workflows", to: workflow, json: post, headers: ["Idempotency-Key": key])
    checklist.note(
      "POST a workflow answers 201", answer.status == 201, answer.isSuccess ? "" : answer.complaint)
    guard answer.status == 201 else { return }
    let created = try answer.decode(Workflow.self)

    let again = try await client.send(
      "POST", "/api/workflow/workflows", to: workflow, json: post, headers: ["Idempotency-Key": key])
    checklist.note(
      "the same request again is the same workflow", try again.decode(Workflow.self).id == created.id)
    let other = try await client.send(
      "POST", "/api/workflow/workflows", to: workflow, json: #"{"name":"Another"}"#,
      headers: ["Idempotency-Key": key])
    checklist.note("the same key with another body is refused with 422", other.status == 422)

    let sighted = await watch.wait(for: "delivery.created.v1", mentioning: created.id)
    let elapsed = ContinuousClock.now - started
    checklist.note(
      "a delivery was created for it", sighted != nil,
      "\(elapsed.formatted(.units(allowed: [.milliseconds], width: .narrow))) from POST to the event")
    let deliveries = try await list(
      Delivery.self, delivery, "/api/delivery/deliveries?workflowId=\(created.id)")
    checklist.note(
      "exactly one, in state NEW, that names its workflow",
      deliveries.count == 1 && deliveries[0].state == "NEW" && deliveries[0].workflowId == created.id)
    guard let made = deliveries.first else { return }
    let linked = try await until { try await shown(created.id) { $0?.id == made.id && $0?.state == "NEW" } }
    checklist.note("the workflow shows its delivery", linked)

    print("\nStory 2: sending the delivery marks the DELIVER task done")
    let put = #"{"state":"DELIVERED"}"#
    let path = "/api/delivery/deliveries/\(made.id)"
    let sent = try await client.send("PUT", path, to: delivery, json: put)
    checklist.note("PUT {state: DELIVERED} answers 200", sent.status == 200)
    let event = await watch.wait(for: "delivery.sent.v1", mentioning: made.id)
    let updated = await watch.wait(for: "workflow.task-updated.v1", mentioning: created.id)
    checklist.note("delivery.sent led to workflow.task-updated", event != nil && updated != nil)
    let done = try await until { try await task("DELIVER", of: created.id) == "DONE" }
    checklist.note("the DELIVER task is DONE", done)
    let delivered = try await until { try await shown(created.id) { $0?.state == "DELIVERED" } }
    checklist.note("the workflow shows the delivery as DELIVERED", delivered)

    print("\nWhat earlier attempts got wrong")
    let twice = try await client.send("PUT", path, to: delivery, json: put)
    checklist.note("sending it twice changes nothing", twice.status == 200)
    let back = try await client.send("PUT", path, to: delivery, json: #"{"state":"NEW"}"#)
    checklist.note("DELIVERED does not go back to NEW", back.status == 409, back.complaint)
    let unknown = try await client.send("PUT", "/api/delivery/deliveries/none", to: delivery, json: put)
    checklist.note("PUT on an unknown id answers 404", unknown.status == 404)
    if let event { try await replay(event, of: created.id, &checklist) }
  }

  /// Puts an event that took effect on the wire again, and behind it one that can be waited for.
  private func replay(_ event: EventWatch.Sighting, of id: String, _ checklist: inout Checklist) async throws
  {
    let before = watch.count { $0.type == "workflow.task-updated.v1" && $0.payload.contains(id) }
    let producer = try KafkaProducer(program.reachableBroker(), logger: program.logger("demo"))
    for result in await producer.send(Array(repeating: event.record, count: 100)) { _ = try result.get() }
    await producer.close()
    let answer = try await client.send(
      "POST", "/api/workflow/workflows", to: workflow, json: #"{"name":"Marker"}"#)
    let marker = try answer.decode(Workflow.self).id
    let linked = try await until { try await shown(marker) { $0 != nil } }
    let after = watch.count { $0.type == "workflow.task-updated.v1" && $0.payload.contains(id) }
    checklist.note("the same event a hundred times more has no effect", linked && after == before)
    let deliveries = try await list(Delivery.self, delivery, "/api/delivery/deliveries?workflowId=\(id)")
    checklist.note("there is still exactly one delivery", deliveries.count == 1)
  }

  private func list<Item: Decodable>(
    _ type: Item.Type, _ entry: ServiceCatalog.Entry, _ path: String
  ) async throws -> [Item] {
    let answer = try await client.send("GET", path, to: entry)
    guard answer.isSuccess else { throw Complaint("GET \(path): \(answer.complaint)") }
    return try answer.decode(List<Item>.self).items
  }

  private func shown(_ id: String, _ holds: (Workflow.Delivery?) -> Bool) async throws -> Bool {
    let answer = try await client.send("GET", "/api/workflow/workflows/\(id)", to: workflow)
    guard answer.isSuccess else { return false }
    return holds(try answer.decode(Workflow.self).delivery)
  }

  private func task(_ name: String, of id: String) async throws -> String? {
    try await list(WorkflowTask.self, workflow, "/api/workflow/workflows/\(id)/tasks")
      .first { $0.name == name }?.state
  }

  /// Asks again and again, for 20 s at most.
  private func until(_ holds: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if try await holds() { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}
