import Contracts
import Foundation
import Hosting
import Kafka
import Messaging

/// The broker of `waybill up`: an embedded one, unless KAFKA_BOOTSTRAP_SERVERS names a cluster.
struct Broker {
  let wire: Wire
  private let embedded: EmbeddedBroker?

  init(_ program: Program, cluster: KafkaConfiguration?) throws {
    if let cluster {
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
  }

  /// Leaves the address of an embedded broker where other commands find it. Not before the stores are ours: a
  /// second process on the same folder must not hide the first one's broker.
  func announce(in program: Program) throws {
    guard embedded != nil else { return }
    try Data("\(wire.kafka.bootstrapServers)\n".utf8).write(
      to: URL(fileURLWithPath: program.brokerFile), options: .atomic)
  }
}
