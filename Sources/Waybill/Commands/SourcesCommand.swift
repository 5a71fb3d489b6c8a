import ArgumentParser
import Foundation
import Gateway
import Hosting
import Storage

struct SourcesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources", abstract: "Who may hand events over to the gateway.",
    discussion: """
      A running gateway is asked over REST; the store of one that does not run is opened in WAYBILL_DATA. A key or \
      secret is shown once, as the last word.
      """, subcommands: [Add.self, List.self, Rotate.self, Disable.self, Enable.self])

  private struct Rotation: Encodable {
    let overlapSeconds: Int
    let secret: String?
  }

  /// A key that was made elsewhere. Not an argument: everybody on the machine could read it.
  struct Given: ParsableArguments {
    @Flag(
      name: .customLong("key-from-stdin"),
      help:
        "Take the key or secret from standard input: the one that another instance of the gateway has made.")
    var fromInput = false

    func secret() throws -> String? {
      guard fromInput else { return nil }
      guard let line = readLine(), !line.isEmpty else {
        throw Complaint("There is no key on standard input.")
      }
      return line.trimmingCharacters(in: .whitespaces)
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A new source, and its key.")
    @Argument(help: "Its name: a-z, 0-9, '-', '.' and '_'.") var name: String
    @Option(help: "What its events are branded with.") var brand: String
    @Flag(help: "A secret that it signs its messages with (Standard Webhooks), instead of a key.")
    var webhook = false
    @OptionGroup var given: Given

    func run() async throws {
      let own = try given.secret()
      let secret = try await SourcesCommand.here { sources in
        try await sources.add(name, brand: brand, isWebhook: webhook, given: own)
      } running: { client, gateway in
        var body = ["name": name, "brand": brand, "kind": webhook ? "webhook" : "key"]
        body["secret"] = own
        return try await client.issue("/sources", body, of: gateway)
      }
      print("\(webhook ? "secret" : "key") of \(name): \(secret)")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All sources.")

    private struct Sources: Decodable {
      struct Source: Decodable {
        let id: String
        let brand: String
        let isDisabled: Bool
      }
      let items: [Source]
      let next: String?
    }

    func run() async throws {
      let sources = try await SourcesCommand.here { sources in
        try await sources.list()
      } running: { client, gateway in
        var all: [(id: String, brand: String, isDisabled: Bool)] = []
        var cursor: String?
        repeat {
          let answer = try await client.send(
            "GET", "/sources?limit=500" + (cursor.map { "&cursor=\($0)" } ?? ""), to: gateway)
          guard answer.isSuccess else { throw Complaint(answer.complaint) }
          let page = try answer.decode(Sources.self)
          all += page.items.map { ($0.id, $0.brand, $0.isDisabled) }
          cursor = page.next
        } while cursor != nil
        return all
      }
      let width = sources.map(\.id.count).max() ?? 0
      for source in sources {
        print(
          "\(source.id.padding(to: width))  \(source.isDisabled ? "disabled" : "active  ")  \(source.brand)")
      }
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A new key or secret for a source.",
      discussion: "What it had goes on counting for the overlap, so that nothing is refused meanwhile.")
    @Argument(help: "The source.") var name: String
    @Option(help: "In hours; 0 when the old one is in the wrong hands.") var overlap = 24
    @OptionGroup var given: Given

    func validate() throws {
      guard (0...2160).contains(overlap) else {
        throw ValidationError("The overlap must be 0 to 2160 hours.")
      }
    }

    func run() async throws {
      let own = try given.secret()
      let secret = try await SourcesCommand.here { sources in
        try await sources.rotate(name, overlap: .seconds(overlap * 3600), given: own)
      } running: { client, gateway in
        try await client.issue(
          "/sources/\(SourcesCommand.path(name))/rotate",
          Rotation(overlapSeconds: overlap * 3600, secret: own), of: gateway)
      }
      print("new for \(name): \(secret)")
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Refuse what a source sends.")
    @Argument(help: "The source.") var name: String

    func run() async throws { try await SourcesCommand.disable(name, true) }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take what a disabled source sends again.")
    @Argument(help: "The source.") var name: String

    func run() async throws { try await SourcesCommand.disable(name, false) }
  }

  private static func disable(_ name: String, _ isDisabled: Bool) async throws {
    try await here { sources in
      try await sources.disable(name, isDisabled)
    } running: { client, gateway in
      let verb = isDisabled ? "disable" : "enable"
      let answer = try await client.send("POST", "/sources/\(path(name))/\(verb)", to: gateway)
      guard answer.isSuccess else { throw Complaint(answer.complaint) }
    }
    print("\(name) is \(isDisabled ? "disabled" : "active")")
  }

  private static func path(_ name: String) -> String {
    name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
  }

  /// Does it in the store, or, while the gateway owns that, over REST.
  private static func here<Value>(
    _ stopped: (LocalSources) async throws -> Value,
    running: (APIClient, ServiceCatalog.Entry) async throws -> Value
  ) async throws -> Value {
    let program = try Program()
    guard let gateway = ServiceCatalog.entry(GatewayService.name) else {
      throw Complaint("This program has no gateway.")
    }
    let sources: LocalSources
    do {
      try FirstBoot(program.settings).check(GatewayService.name, in: program.dataFolder)
      sources = try LocalSources(dataFolder: program.dataFolder)
    } catch StoreError.inUse {
      return try await running(try await APIClient(program, subject: NSUserName()), gateway)
    }
    do {
      let value = try await stopped(sources)
      try await sources.close()
      return value
    } catch {
      try await sources.close()
      throw error
    }
  }
}

extension APIClient {
  private struct Issued: Decodable {
    let secret: String
  }

  fileprivate func issue(
    _ path: String, _ body: some Encodable, of gateway: ServiceCatalog.Entry
  ) async throws -> String {
    let json = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
    let answer = try await send("POST", path, to: gateway, json: json)
    guard answer.isSuccess else { throw Complaint(answer.complaint) }
    return try answer.decode(Issued.self).secret
  }
}
