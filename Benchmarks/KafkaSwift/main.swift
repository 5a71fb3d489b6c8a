import Kafka
import Logging

#if canImport(Glibc)
  import Glibc
#endif

// The peer of KafkaC through the Kafka room.
//
//   KafkaSwift broker                                             holds a broker until stdin ends
//   KafkaSwift produce|consume BOOTSTRAP TOPIC COUNT SIZE [BATCH] prints messages per second
//
// The broker reads topic names from stdin, creates each with 64 partitions and answers "ok".

var logger = Logger(label: "benchmark")
logger.logLevel = .error

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "broker":
  let broker = try EmbeddedBroker(logger: logger)
  print(broker.bootstrapServers)
  fflush(nil)
  while let topic = readLine() {
    try broker.createTopic(topic, partitions: 64)
    print("ok")
    fflush(nil)
  }
  broker.close()
case "produce" where arguments.count >= 5:
  let run = Run(arguments)
  print(Int(try await run.produce(logger)))
case "consume" where arguments.count >= 5:
  let run = Run(arguments)
  print(Int(try await run.consume(logger)))
default:
  print("KafkaSwift broker | produce|consume BOOTSTRAP TOPIC COUNT SIZE [BATCH]")
  exit(2)
}
