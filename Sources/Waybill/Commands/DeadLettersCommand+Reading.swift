import ArgumentParser
import Foundation

extension DeadLettersCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The newest first, service by service.")
    @OptionGroup var service: Service
    @OptionGroup var filter: Filter
    @Flag(help: "Those that were redriven or discarded too.")
    var all = false

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      var count = 0
      for entry in service.entries {
        let path = "/dead-letters?limit=100&all=\(all)" + filter.query
        try await client.eachPage(of: path, on: entry, DeadLetterAnswer.self) { letters in
          for letter in letters { print(letter.line(entry.name, withState: all)) }
          count += letters.count
        }
      }
      if count == 0 { print("There are no dead letters.") }
    }
  }

  struct Groups: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Those that failed in the same way as one line, the most numerous first.",
      discussion: "Each begins with its fingerprint, which `list` and `redrive` take.")
    @OptionGroup var service: Service
    @OptionGroup var filter: Filter

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      var count = 0
      for entry in service.entries {
        let path = "/dead-letters/groups?limit=100" + filter.query
        try await client.eachPage(of: path, on: entry, DeadLetterGroupAnswer.self) { groups in
          for group in groups { print(group.line(entry.name)) }
          count += groups.count
        }
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
        guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.explanation)") }
        let object = try JSONSerialization.jsonObject(with: answer.body)
        let pretty = try JSONSerialization.data(
          withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: pretty, as: UTF8.self))
        return
      }
      throw Complaint("No service has a dead letter \(id).")
    }
  }

  struct Redrives: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What was tried again, by whom and why, the newest first.")
    @OptionGroup var service: Service

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      var count = 0
      for entry in service.entries {
        try await client.eachPage(of: "/dead-letters/redrives?limit=100", on: entry, RedriveAnswer.self) {
          for redrive in $0 { print(redrive.line(entry.name)) }
          count += $0.count
        }
      }
      if count == 0 { print("Nothing was redriven.") }
    }
  }
}
