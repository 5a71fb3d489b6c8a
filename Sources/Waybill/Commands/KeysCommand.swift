import ArgumentParser
import Foundation
import HTTPAPI

struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "The keys that tokens are signed with.",
    subcommands: [List.self, Rotate.self])

  private struct Keys: Decodable {
    struct Key: Decodable {
      let kid: String
      let state: String
      let activeAt: String
    }
    let items: [Key]

    func show() {
      for key in items { print("\(key.kid)  \(key.state.padding(to: 9))  signs from \(key.activeAt)") }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All keys, the newest first.")

    func run() async throws {
      let (client, entry) = try await UsersCommand.client()
      let answer = try await client.send("GET", "/keys", to: entry)
      guard answer.isSuccess else { throw Complaint(answer.complaint) }
      try answer.decode(Keys.self).show()
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring a new key; nobody is logged out.",
      discussion: """
        The new key is published at once and signs ten minutes later, when every service has fetched it; the old \
        one stays published until the last token it signed has expired. With --compromised the old keys count no \
        more at once: every token signed with them is refused within five minutes, and clients get new ones with \
        their refresh tokens.
        """)
    @Flag(help: "The old keys are in the wrong hands.") var compromised = false

    func run() async throws {
      let (client, entry) = try await UsersCommand.client()
      let answer = try await client.send(
        "POST", "/keys/rotate", to: entry, json: #"{"compromised":\#(compromised)}"#)
      guard answer.isSuccess else { throw Complaint(answer.complaint) }
      try answer.decode(Keys.self).show()
    }
  }
}
