import ArgumentParser
import Foundation

extension DeadLettersCommand {
  struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stop a redrive; what it has not come to stays dead.")
    @Argument(help: "The id that `redrives` shows.") var id: String

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      for entry in ServiceCatalog.all {
        let answer = try await client.send("POST", "/dead-letters/redrives/\(id)/cancel", to: entry)
        if answer.status == 404 { continue }
        guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.explanation)") }
        print(try answer.decode(RedriveAnswer.self).line(entry.name))
        return
      }
      throw Complaint("No service has a redrive \(id).")
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give them up; what waits behind a discarded outgoing event goes on.")
    @Argument(help: "The ids that `list` shows.") var ids: [String]

    private struct Outcome: Decodable {
      let settled: [String]
    }

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      let body = String(decoding: try JSONEncoder().encode(["ids": ids]), as: UTF8.self)
      var settled: Set<String> = []
      for entry in ServiceCatalog.all {
        let answer = try await client.send("POST", "/dead-letters/discard", to: entry, json: body)
        guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.explanation)") }
        settled.formUnion(try answer.decode(Outcome.self).settled)
      }
      for id in ids { print("\(id) \(settled.contains(id) ? "discarded" : "unknown, or settled before")") }
      if settled.count < Set(ids).count { throw ExitCode.failure }
    }
  }
}
