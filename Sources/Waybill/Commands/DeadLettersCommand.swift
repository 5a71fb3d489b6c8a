import ArgumentParser
import Foundation

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "What could not be handled, sent or done: list it, look at it, try it again, give it up.",
    subcommands: [
      List.self, Groups.self, Show.self, Redrive.self, Redrives.self, Cancel.self, Discard.self,
    ])

  struct Service: ParsableArguments {
    @Option(help: "Only this service.")
    var service: String?

    func validate() throws {
      guard let service, ServiceCatalog.entry(service) == nil else { return }
      let names = ServiceCatalog.all.map(\.name).joined(separator: ", ")
      throw ValidationError("There is no service \(service); there are \(names).")
    }

    var entries: [ServiceCatalog.Entry] {
      ServiceCatalog.all.filter { service == nil || $0.name == service }
    }
  }

  struct Filter: ParsableArguments {
    @Option(help: "message, outgoing or job.")
    var kind: String?
    @Option(help: "Those that failed in the same way: what `groups` shows.")
    var fingerprint: String?
    @Option(help: "The event's name or the job's kind.")
    var type: String?
    @Option(help: "Those that died so long ago or longer: 90s, 15m, 2h, 7d.")
    var olderThan: String?
    @Option(help: "Those that died within this time: 90s, 15m, 2h, 7d.")
    var newerThan: String?

    /// As the REST API names them, those that were given.
    var fields: [String: String] {
      [
        "kind": kind, "fingerprint": fingerprint, "type": type, "olderThan": olderThan,
        "newerThan": newerThan,
      ].compactMapValues { $0 }
    }

    var query: String {
      fields.sorted { $0.key < $1.key }.map { "&\($0.key)=\(Self.encoded($0.value))" }.joined()
    }

    private static func encoded(_ value: String) -> String {
      let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "!"..."~"))
      return value.addingPercentEncoding(withAllowedCharacters: plain) ?? value
    }
  }
}
