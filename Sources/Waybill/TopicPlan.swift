import ArgumentParser
import Contracts
import Kafka
import Messaging

/// The topics as declared, compared with those of a cluster.
enum TopicPlan {
  private struct Finding {
    let topic: Topic
    let state: String
    let isFine: Bool
  }

  static func perform(creating: Bool, replication: Int32) async throws {
    let program = try Program()
    let admin = try KafkaAdmin(program.reachableBroker(), logger: program.logger("topics"))
    do {
      var findings = try await compare(admin)
      let missing = findings.filter { $0.state == "missing" }.map(\.topic)
      if creating, !missing.isEmpty {
        try await create(missing, replication, admin)
        findings = try await compare(admin)
      }
      report(findings)
      await admin.close()
      if findings.contains(where: { !$0.isFine }) { throw ExitCode.failure }
    } catch {
      await admin.close()
      throw error
    }
  }

  private static func compare(_ admin: KafkaAdmin) async throws -> [Finding] {
    let existing = Dictionary(
      try await admin.topics().map { ($0.name, $0.partitions.count) }, uniquingKeysWith: { first, _ in first }
    )
    return EventCatalog.topics(of: ServiceCatalog.all.map(\.name)).map { topic in
      guard let partitions = existing[topic.name] else {
        return Finding(topic: topic, state: "missing", isFine: false)
      }
      guard partitions == Int(topic.partitions) else {
        return Finding(topic: topic, state: "has \(partitions) partitions: drift", isFine: false)
      }
      return Finding(topic: topic, state: "as declared", isFine: true)
    }
  }

  private static func create(_ topics: [Topic], _ replication: Int32, _ admin: KafkaAdmin) async throws {
    let results = try await admin.createTopics(
      topics.map { topic in
        NewTopic(
          topic.name, partitions: topic.partitions, replicationFactor: replication,
          configuration: ["retention.ms": "\(topic.retention.components.seconds * 1000)"])
      })
    for (name, result) in results.sorted(by: { $0.key < $1.key }) {
      switch result {
      case .success: print("created \(name)")
      case .failure(let error): print("could not create \(name): \(error)")
      }
    }
  }

  private static func report(_ findings: [Finding]) {
    let width = findings.map(\.topic.name.count).max() ?? 0
    for finding in findings {
      let name = finding.topic.name.padding(to: width)
      let days = finding.topic.retention.components.seconds / 86_400
      print("\(name)  \(finding.topic.partitions) partitions, \(days) days  \(finding.state)")
    }
  }
}

extension String {
  /// Filled up with spaces on the right.
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
