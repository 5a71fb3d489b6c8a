import ArgumentParser
import Foundation
import Kafka
import Logging
import Messaging
import Storage

/// Measures the libraries in this process and the whole stack in another one; prints Markdown tables.
@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waybill-bench",
    subcommands: [
      GroupCommitBench.self, OutboxBench.self, SubscriptionBench.self, JobsBench.self, StackBench.self,
      TasksBench.self, GatewayBench.self, OrdersBench.self, NothingServer.self, ShopServer.self,
    ])
}

/// A folder for one measurement, gone with it.
final class Scratch {
  let path = NSTemporaryDirectory() + "waybill-bench-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct Measured: Event {
  static let name = "bench.measured.v1"
  static let topic = Topic("bench.measured", partitions: 64)
  let id: String
  let number: Int
  let name: String
  var key: String { id }
}

let logger: Logger = {
  var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
  logger.logLevel = .error
  return logger
}()

func row(_ cells: String...) { print("| " + cells.joined(separator: " | ") + " |") }

func header(_ cells: String...) {
  print("")
  print("| " + cells.joined(separator: " | ") + " |")
  print("|" + cells.map { _ in " --- |" }.joined())
}

extension [Double] {
  /// The value below which this part of the sample lies; the sample must not be empty.
  func percentile(_ part: Double) -> Double {
    sorted()[Swift.min(count - 1, Int((Double(count) * part).rounded(.down)))]
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
  var milliseconds: Double { seconds * 1000 }
}

extension Double {
  var whole: String { Int(rounded()).formatted(.number.locale(Locale(identifier: "en_US"))) }
  var short: String { formatted(.number.precision(.fractionLength(2)).locale(Locale(identifier: "en_US"))) }
}
