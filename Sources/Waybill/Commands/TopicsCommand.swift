import ArgumentParser
import Contracts
import Kafka
import Messaging

struct Topics: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Create and compare the topics of all services.", subcommands: [Apply.self, Describe.self])

  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create what is missing and report drift.",
      discussion:
        "Run it again as often as you like. Exit status 1 when something differs from what is declared.")

    @Option(help: "Copies of each partition; the cluster's default when absent.")
    var replication: Int32 = -1

    func run() async throws {
      try await TopicPlan.perform(creating: true, replication: replication)
    }
  }

  struct Describe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show each topic as declared and as it is.")

    func run() async throws {
      try await TopicPlan.perform(creating: false, replication: -1)
    }
  }
}
