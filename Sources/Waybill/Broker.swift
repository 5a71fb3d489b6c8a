import Contracts
import Foundation
import Hosting
import Kafka
import Messaging

/// The broker of `waybill up`: an embedded one, unless KAFKA_BOOTSTRAP_SERVERS names a cluster.
struct Broker {
  let wire: Wire
  private let embedded: EmbeddedBroker?

  init(_ program: Program) throws {
    if let cluster = program.cluster {
      wire = Wire(cluster: cluster)
      embedded = nil
      return
    }
    let broker = try EmbeddedBroker(logger: program.logger("broker"))
    for topic in EventCatalog.topics(of: ServiceCatalog.all.map(\.name)) {
      try broker.createTopic(topic.name, partitions: topic.partitions)
    }
    wire = Wire(embedded: broker.bootstrapServers, ledger: EmbeddedLedger())
    embedded = broker
    try FileManager.default.createDirectory(
      atPath: program.dataFolder, withIntermediateDirectories: true)
    try Data("\(broker.bootstrapServers)\n".utf8).write(
      to: URL(fileURLWithPath: program.brokerFile), options: .atomic)
  }
}
