import Foundation
import Logging
import Synchronization
import Tracing

@testable import Telemetry

/// Catches what a handler writes.
final class LogLines: Sendable {
  private let lines = Mutex<[[UInt8]]>([])

  var output: LogOutput { LogOutput { line in self.lines.withLock { $0.append(line) } } }
  var texts: [String] { lines.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

  /// The only line, as the JSON object it must be.
  func only() throws -> JSON {
    let lines = lines.withLock { $0 }
    guard lines.count == 1 else { throw Unexpected(count: lines.count) }
    return try JSONDecoder().decode(JSON.self, from: Data(lines[0]))
  }

  func logger(
    _ label: String = "test", at nanoseconds: UInt64 = 0,
    provider: Logger.MetadataProvider? = .traceContext
  ) -> Logger {
    Logger(label: label) { label in
      JSONLogHandler(
        label: label, level: .info, output: self.output, metadataProvider: provider,
        now: { .init(nanosecondsSinceEpoch: nanoseconds) })
    }
  }

  struct Unexpected: Error { let count: Int }
}

/// Any JSON value, to compare with.
enum JSON: Decodable, Equatable, ExpressibleByStringLiteral {
  case string(String)
  case number(Double)
  case truth(Bool)
  case array([JSON])
  case object([String: JSON])

  init(stringLiteral text: String) { self = .string(text) }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let truth = try? value.decode(Bool.self) {
      self = .truth(truth)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .string(text)
    } else if let array = try? value.decode([JSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  subscript(key: String) -> JSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }
}
