import ArgumentParser
import Foundation

/// A program that runs for one measurement.
final class BenchProcess {
  /// What it said until it was ready.
  let lines: [String]
  private let process = Process()

  /// Starts it, and waits until a line begins with `ready`.
  init(_ program: String, _ arguments: [String], _ settings: [String: String] = [:]) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var text = ""
    while !text.split(separator: "\n").contains(where: { $0.hasPrefix("ready") }) {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else {
        throw ValidationError("\(program) \(arguments.joined(separator: " ")) ended before it was ready")
      }
      text += String(decoding: data, as: UTF8.self)
    }
    lines = text.split(separator: "\n").map(String.init)
  }

  /// Within five seconds.
  func stop() {
    process.terminate()
    let deadline = Date(timeIntervalSinceNow: 5)
    while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}
