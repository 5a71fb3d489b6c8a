import Foundation

extension APIClient {
  private struct PageAnswer<Item: Decodable>: Decodable {
    let items: [Item]
    let next: String?
  }

  /// - Parameter path: with a query already.
  func eachPage<Item: Decodable>(
    of path: String, on entry: ServiceCatalog.Entry, _ type: Item.Type, _ take: ([Item]) -> Void
  ) async throws {
    var cursor: String?
    repeat {
      let answer = try await send("GET", path + (cursor.map { "&cursor=\($0)" } ?? ""), to: entry)
      guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.explanation)") }
      let page = try answer.decode(PageAnswer<Item>.self)
      take(page.items)
      cursor = page.next
    } while cursor != nil
  }

  func isDeadLetter(_ id: String, of entry: ServiceCatalog.Entry) async throws -> Bool {
    let answer = try await send("GET", "/dead-letters/\(id)", to: entry)
    guard answer.isSuccess || answer.status == 404 else {
      throw Complaint("\(entry.name): \(answer.explanation)")
    }
    return answer.isSuccess
  }

  func preview(_ order: RedriveRequest, on entry: ServiceCatalog.Entry) async throws -> RedrivePreviewAnswer {
    var order = order
    order.dryRun = true
    return try await post(order, to: entry).decode(RedrivePreviewAnswer.self)
  }

  /// Begins a redrive and waits until it is over.
  /// - Parameter tell: called about every second while it runs.
  func redrive(
    _ order: RedriveRequest, on entry: ServiceCatalog.Entry, tell: (RedriveAnswer) -> Void
  ) async throws -> RedriveAnswer {
    var redrive = try await post(order, to: entry).decode(RedriveAnswer.self)
    var looks = 0
    while redrive.state == "RUNNING" {
      try await Task.sleep(for: .milliseconds(200))
      let answer = try await send("GET", "/dead-letters/redrives/\(redrive.id)", to: entry)
      guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.explanation)") }
      redrive = try answer.decode(RedriveAnswer.self)
      looks += 1
      if looks % 5 == 0, redrive.state == "RUNNING" { tell(redrive) }
    }
    return redrive
  }

  private func post(_ order: RedriveRequest, to entry: ServiceCatalog.Entry) async throws -> Answer {
    let body = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    let answer = try await send("POST", "/dead-letters/redrive", to: entry, json: body)
    guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.explanation)") }
    return answer
  }
}

struct RedriveRequest: Encodable {
  var ids: [String]?
  var filter: [String: String]?
  var why: String?
  var dryRun: Bool
  var perSecond: Double?
  var stopOnSameFailure: Bool
}

struct RedrivePreviewAnswer: Decodable {
  let count: Int
  let groups: [DeadLetterGroupAnswer]
}

extension APIClient.Answer {
  /// What a problem document says, with what is wrong at each place.
  var explanation: String {
    struct Problem: Decodable {
      struct Fault: Decodable {
        let pointer: String
        let detail: String
      }

      let errors: [Fault]?
    }
    let faults = (try? decode(Problem.self))?.errors ?? []
    return ([complaint] + faults.map { "\($0.pointer) \($0.detail)" }).joined(separator: "\n  ")
  }
}
