import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
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
    let scratch = try Scratch()
    var environment = ProcessInfo.processInfo.environment
    environment["WAYBILL_DATA"] = scratch.path
    environment["LOG_LEVEL"] = "error"
    let token = try output(["token"], environment)
    let stack = Process()
    stack.executableURL = URL(fileURLWithPath: program)
    stack.arguments = ["up"]
    stack.environment = environment
    let pipe = Pipe()
    stack.standardOutput = pipe
    let clock = ContinuousClock()
    let started = clock.now
    try stack.run()
    defer { stack.terminate() }
    var text = ""
    while !text.contains("ready") {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else { throw ValidationError("waybill up ended before it was ready") }
      text += String(decoding: data, as: UTF8.self)
    }
    let start = (clock.now - started).milliseconds
    try await Task.sleep(for: .seconds(2))
    let resting = try residentMegabytes(of: stack.processIdentifier)

    header("whole stack", "figure", "target")
    row("process start to ready", "\(start.short) ms", "1,000 ms")
    row("resident memory at rest", "\(resting.short) MB", "100 MB")
    try await stories(token)
    try load(token)
    row(
      "resident memory after the load", "\(try residentMegabytes(of: stack.processIdentifier).short) MB", "")
  }

  /// One after another: POST a workflow, ask for its delivery until it is there.
  private func stories(_ token: String) async throws {
    let clock = ContinuousClock()
    var delays: [Double] = []
    for number in 0..<stories {
      let started = clock.now
      let body = try await send(
        .POST, "http://127.0.0.1:8083/api/workflow/workflows", token, #"{"name":"Story \#(number)"}"#)
      guard let id = (try JSONSerialization.jsonObject(with: body) as? [String: Any])?["id"] as? String else {
        throw ValidationError("the workflow was not accepted: \(String(decoding: body, as: UTF8.self))")
      }
      while true {
        let list = try await send(
          .GET, "http://127.0.0.1:8084/api/delivery/deliveries?workflowId=\(id)", token)
        if list.count > 60 { break }
      }
      delays.append((clock.now - started).milliseconds)
    }
    row("POST workflow to delivery visible, p50", "\(delays.percentile(0.5).short) ms", "")
    row("POST workflow to delivery visible, p99", "\(delays.percentile(0.99).short) ms", "")
  }

  private func send(_ method: HTTPMethod, _ url: String, _ token: String, _ json: String? = nil) async throws
    -> Data
  {
    var request = HTTPClientRequest(url: url)
    request.method = method
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: json))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    return Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
  }

  private func load(_ token: String) throws {
    let script = NSTemporaryDirectory() + "waybill-post-\(UUID().uuidString).lua"
    defer { try? FileManager.default.removeItem(atPath: script) }
    try Data(
      """
      wrk.method = "POST"
      wrk.body = '{"name":"2022 XYZ Corp Tax Return"}'
      wrk.headers["Content-Type"] = "application/json"
      wrk.headers["Authorization"] = "Bearer \(token)"
      """.utf8
    ).write(to: URL(fileURLWithPath: script))
    let text = try output(
      [
        "-t1", "-c\(connections)", "-d\(seconds)s", "--latency", "-s", script,
        "http://127.0.0.1:8083/api/workflow/workflows",
      ], ProcessInfo.processInfo.environment, "/usr/bin/wrk")
    func figure(_ name: String) -> String {
      text.split(separator: "\n").first { $0.contains(name) }?
        .split(separator: " ", omittingEmptySubsequences: true).last.map(String.init) ?? "none"
    }
    row("POST workflow, \(connections) connections", "\(figure("Requests/sec")) requests/s", "")
    row("POST workflow, \(connections) connections, p99", figure("99%"), "")
    if text.contains("Non-2xx") { row("POST workflow: refused", figure("Non-2xx"), "none") }
  }

  private func output(_ arguments: [String], _ environment: [String: String], _ tool: String? = nil) throws
    -> String
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool ?? program)
    process.arguments = arguments
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ValidationError("\(tool ?? program) failed") }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func residentMegabytes(of process: Int32) throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }
    return (kilobytes ?? .nan) / 1024
  }
}
