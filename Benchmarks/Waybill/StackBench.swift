import ArgumentParser
import Foundation
import NIOHTTP1

/// The whole stack in a process of its own: start, memory, requests, and a story from end to end.
struct StackBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "stack")

  @Option(help: "The program to measure.")
  var program = ".build/release/waybill"

  @Option(help: "Seconds of load.")
  var seconds = 10

  @Option var connections = 64
  @Option var stories = 300

  func run() async throws {
    let stack = try RunningStack(program)
    defer { stack.stop() }
    let token = try stack.token()
    try await Task.sleep(for: .seconds(2))
    let resting = try stack.residentMegabytes()
    header("whole stack", "figure", "target")
    row("process start to ready", "\(stack.millisecondsToReady.short) ms", "1,000 ms")
    row("resident memory at rest", "\(resting.short) MB", "100 MB")
    try await stories(token)
    try RunningStack.load(
      "POST workflow", "\(RunningStack.workflow)/api/workflow/workflows", token,
      #"{"name":"2022 XYZ Corp Tax Return"}"#, connections: connections, seconds: seconds)
    row("resident memory after the load", "\(try stack.residentMegabytes().short) MB", "")
  }

  /// One after another: POST a workflow, ask for its delivery until it is there.
  private func stories(_ token: String) async throws {
    let clock = ContinuousClock()
    var delays: [Double] = []
    for number in 0..<stories {
      let started = clock.now
      let (_, body) = try await RunningStack.send(
        .POST, "\(RunningStack.workflow)/api/workflow/workflows", token, #"{"name":"Story \#(number)"}"#)
      guard let id = (try JSONSerialization.jsonObject(with: body) as? [String: Any])?["id"] as? String else {
        throw ValidationError("the workflow was not accepted: \(String(decoding: body, as: UTF8.self))")
      }
      while true {
        let (_, list) = try await RunningStack.send(
          .GET, "\(RunningStack.delivery)/api/delivery/deliveries?workflowId=\(id)", token)
        if list.count > 60 { break }
      }
      delays.append((clock.now - started).milliseconds)
    }
    row("POST workflow to delivery visible, p50", "\(delays.percentile(0.5).short) ms", "")
    row("POST workflow to delivery visible, p99", "\(delays.percentile(0.99).short) ms", "")
  }
}
