import ArgumentParser
import Foundation
import Hosting

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "What could not be handled or sent: list it, look at it, try it again, give it up.",
    subcommands: [List.self, Show.self, Redrive.self, Discard.self])

  private struct Letter: Decodable {
    let id: String
    let kind: String
    let type: String?
    let topic: String
    let reason: String
    let attempts: Int
    let createdAt: String
    let state: String
  }

  private struct Letters: Decodable {
    let items: [Letter]
    let next: String?
  }

  struct Service: ParsableArguments {
    @Option(help: "Only this service.")
    var service: String?

    func validate() throws {
      guard let service, ServiceCatalog.entry(service) == nil else { return }
      throw ValidationError("There is no service \(service).")
    }

    var entries: [ServiceCatalog.Entry] {
      ServiceCatalog.all.filter { service == nil || $0.name == service }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The newest first, of every service.")
    @OptionGroup var service: Service
    @Flag(help: "Those that were redriven or discarded too.")
    var all = false

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      var count = 0
      for entry in service.entries {
        var cursor: String?
        repeat {
          let query = "?limit=100&all=\(all)" + (cursor.map { "&cursor=\($0)" } ?? "")
          let answer = try await client.send("GET", "/dead-letters" + query, to: entry)
          guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.complaint)") }
          let page = try answer.decode(Letters.self)
          for letter in page.items {
            count += 1
            let what = "\(letter.kind) \(letter.type ?? "of unknown type") on \(letter.topic)"
            print(
              "\(letter.id)  \(letter.createdAt)  \(entry.name)  \(what)  \(letter.state)\n    \(letter.reason)"
            )
          }
          cursor = page.next
        } while cursor != nil
      }
      if count == 0 { print("There are no dead letters.") }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Everything about one, as JSON.")
    @Argument(help: "The id that `list` shows.") var id: String

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      for entry in ServiceCatalog.all {
        let answer = try await client.send("GET", "/dead-letters/\(id)", to: entry)
        if answer.status == 404 { continue }
        guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.complaint)") }
        let object = try JSONSerialization.jsonObject(with: answer.body)
        let pretty = try JSONSerialization.data(
          withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: pretty, as: UTF8.self))
        return
      }
      throw Complaint("No service has a dead letter \(id).")
    }
  }

  struct Redrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Try them again, once what was wrong is mended.")
    @Argument(help: "The ids that `list` shows.") var ids: [String]

    func run() async throws { try await settle(ids, by: "redrive", done: "redriven") }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give them up; what waits behind a discarded outgoing event goes on.")
    @Argument(help: "The ids that `list` shows.") var ids: [String]

    func run() async throws { try await settle(ids, by: "discard", done: "discarded") }
  }

  private struct Outcome: Decodable {
    let settled: [String]
  }

  private static func settle(_ ids: [String], by action: String, done: String) async throws {
    let client = try await APIClient(Program(), subject: NSUserName())
    let body = String(decoding: try JSONEncoder().encode(["ids": ids]), as: UTF8.self)
    var settled: Set<String> = []
    for entry in ServiceCatalog.all {
      let answer = try await client.send("POST", "/dead-letters/\(action)", to: entry, json: body)
      guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.complaint)") }
      settled.formUnion(try answer.decode(Outcome.self).settled)
    }
    for id in ids { print("\(id) \(settled.contains(id) ? done : "unknown, or settled before")") }
    if settled.count < Set(ids).count { throw ExitCode.failure }
  }
}
