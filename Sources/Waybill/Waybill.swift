import ArgumentParser

@main
struct Waybill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waybill",
    abstract: "Event-driven services that never lose work.",
    discussion: """
      Settings are environment variables: WAYBILL_DATA (folder of the stores, default ./data), \
      KAFKA_BOOTSTRAP_SERVERS (without it `up` runs a broker of its own), HOST, <SERVICE>_PORT, LOG_LEVEL. \
      Any librdkafka setting can be given as KAFKA_<NAME>.
      """,
    subcommands: [
      Up.self, Serve.self, Topics.self, DeadLettersCommand.self, Reconcile.self, TokenCommand.self,
      DemoCommand.self,
    ])
}
