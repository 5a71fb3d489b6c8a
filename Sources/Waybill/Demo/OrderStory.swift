import Foundation

/// System 5: the six use cases of orders, two users times three boxes: what became of each, and when.
struct OrderStory {
  private struct Person {
    let id: String
    let name: String
  }

  private struct Order: Decodable, Sendable {
    let id: String
    let status: String
    let reason: String?
    let attempt: Int
    let customerFullname: String?
    let productName: String?
    let totalAmount: Decimal?

    private enum CodingKeys: String, CodingKey {
      case id, status, reason, attempt
      case customerFullname = "customer_fullname"
      case productName = "product_name"
      case totalAmount = "total_amount"
    }

    var sentence: String {
      guard let customerFullname, let productName, let totalAmount else {
        return "\(status)\(reason.map { ": \($0)" } ?? ""), attempt \(attempt)"
      }
      return "\(status): \(customerFullname), \(productName), \(totalAmount), attempt \(attempt)"
    }
  }

  /// One use case, played to its end.
  private struct Played: Sendable {
    let name: String
    let firstStatus: UInt
    let firstAfter: Duration
    let end: Order
    let endAfter: Duration
  }

  private static let people = [
    Person(id: "7c11e1ce2741", name: "Ada"), Person(id: "e6f24d7d1c7e", name: "Alan"),
  ]
  private static let boxes = ["classic-box", "family-box", "veggie-box"]
  /// The slow product takes a minute, and what always fails is tried for up to five.
  private static let patience = Duration.seconds(400)

  private let client: APIClient
  private let watch: EventWatch
  private let orders: ServiceCatalog.Entry

  init(_ client: APIClient, _ watch: EventWatch) throws {
    guard let orders = ServiceCatalog.entry("orders") else { throw Complaint("This program has no orders.") }
    self.client = client
    self.watch = watch
    self.orders = orders
  }

  func play(_ checklist: inout Checklist) async throws {
    print("\nOrders: two users, three boxes; one box takes its time, one always fails")
    let played = try await withThrowingTaskGroup(of: Played.self) { group in
      for person in Self.people {
        for box in Self.boxes { group.addTask { try await play(person, box) } }
      }
      return try await group.reduce(into: [String: Played]()) { $0[$1.name] = $1 }
    }
    for person in Self.people {
      for box in Self.boxes {
        guard let order = played[name(person, box)] else { continue }
        await judge(order, box, &checklist)
      }
    }
    try await refuse(&checklist)
  }

  private func name(_ person: Person, _ box: String) -> String { "\(person.name) and the \(box)" }

  private func play(_ person: Person, _ box: String) async throws -> Played {
    let (name, started) = (name(person, box), ContinuousClock.now)
    func tell(_ what: String) {
      let time = (ContinuousClock.now - started).formatted(
        .units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 2)))
      print("  \(name.padding(to: 24)) after \(time.padding(to: 8)) \(what)")
    }
    let answer = try await client.send(
      "POST", "/orders", to: orders, json: #"{"user_id":"\#(person.id)","product_code":"\#(box)"}"#,
      headers: ["Idempotency-Key": UUID().uuidString])
    let firstAfter = ContinuousClock.now - started
    guard answer.isSuccess else { throw Complaint("POST /orders: \(answer.complaint)") }
    var order = try answer.decode(Order.self)
    tell("\(answer.status) \(order.sentence)")
    while order.status == "PENDING", ContinuousClock.now - started < Self.patience {
      let next = try await client.send("GET", "/orders/\(order.id)?wait=30", to: orders)
      guard next.isSuccess else { throw Complaint("GET /orders/\(order.id): \(next.complaint)") }
      order = try next.decode(Order.self)
      tell(order.sentence)
    }
    return Played(
      name: name, firstStatus: answer.status, firstAfter: firstAfter, end: order,
      endAfter: ContinuousClock.now - started)
  }

  private func judge(_ played: Played, _ box: String, _ checklist: inout Checklist) async {
    let seconds = played.endAfter.formatted(
      .units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 1)))
    let isAnswered = [201, 202].contains(played.firstStatus)
    checklist.note(
      "\(played.name): the caller is not left hanging", isAnswered && played.firstAfter < .seconds(3),
      "\(played.firstStatus)")
    let (expected, event) =
      box == "veggie-box" ? ("FAILED", "order.failed.v1") : ("CREATED", "order.created.v1")
    let isRight = played.end.status == expected && (expected == "CREATED" || played.end.reason != nil)
    checklist.note(
      "\(played.name): ends as \(expected)", isRight, "after \(seconds), \(played.end.reason ?? "complete")")
    let sighting = await watch.wait(for: event, mentioning: played.end.id)
    let told = watch.ids { $0.type.hasPrefix("order.") && $0.payload.contains(played.end.id) }
    checklist.note("\(played.name): \(event) was told once", sighting != nil && told.count == 1)
  }

  private func refuse(_ checklist: inout Checklist) async throws {
    let answer = try await client.send(
      "POST", "/orders", to: orders, json: #"{"user_id":"7c11e1ce2741","product_code":"no-box"}"#)
    checklist.note(
      "a product that there is not is refused with 422", answer.status == 422,
      answer.status == 422 ? "" : answer.complaint)
  }
}
