import ArgumentParser
import Foundation
import Hosting

@main
struct Waybill: AsyncParsableCommand {
  /// Ends with 78 (EX_CONFIG of sysexits.h) when a setting is missing or wrong.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as SettingError {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      Foundation.exit(78)
    } catch {
      exit(withError: error)
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "waybill",
    abstract: "Event-driven services that never lose work.",
    discussion: """
      Settings are environment variables: WAYBILL_DATA (folder of the stores, default ./data), \
      KAFKA_BOOTSTRAP_SERVERS (without it `up` runs a broker of its own), HOST, <SERVICE>_PORT, LOG_LEVEL. \
      Any librdkafka setting can be given as KAFKA_<NAME>.
      """,
    subcommands: [
      Up.self, Serve.self, Topics.self, DeadLettersCommand.self, UsersCommand.self, KeysCommand.self,
      SourcesCommand.self,
      Reconcile.self, TokenCommand.self, DemoCommand.self,
    ])
}
