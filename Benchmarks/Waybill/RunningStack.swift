import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// `waybill up` in a process of its own, with data of its own, for one measurement.
final class RunningStack {
  static let administration = "http://127.0.0.1:8081"
  static let workflow = "http://127.0.0.1:8083"
  static let delivery = "http://127.0.0.1:8084"

  let millisecondsToReady: Double
  private let program: String
  private let scratch: Scratch
  private let environment: [String: String]
  private let process = Process()

  init(_ program: String, _ settings: [String: String] = [:]) throws {
    self.program = program
    scratch = try Scratch()
    var environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
    environment["WAYBILL_DATA"] = scratch.path
    environment["LOG_LEVEL"] = "error"
    self.environment = environment
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["up"]
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    let clock = ContinuousClock()
    let started = clock.now
    try process.run()
    var text = ""
    while !text.contains("ready") {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else { throw ValidationError("waybill up ended before it was ready") }
      text += String(decoding: data, as: UTF8.self)
    }
    millisecondsToReady = (clock.now - started).milliseconds
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }

  func token() throws -> String { try Self.output(program, ["token"], environment) }

  /// As many connections as a measurement wants: the shared client has eight.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1000
    return HTTPClient(configuration: configuration)
  }()

  /// - Returns: the status and the body.
  static func send(_ method: HTTPMethod, _ url: String, _ token: String?, _ json: String? = nil) async throws
    -> (UInt, Data)
  {
    var request = HTTPClientRequest(url: url)
    request.method = method
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: json))
    }
    let response = try await client.execute(request, timeout: .seconds(20))
    return (response.status.code, Data(try await response.body.collect(upTo: 1 << 20).readableBytesView))
  }

  /// POSTs `body` over many connections, and prints requests per second and p99.
  static func load(
    _ name: String, _ url: String, _ token: String, _ body: String, connections: Int, seconds: Int
  ) throws {
    let script = NSTemporaryDirectory() + "waybill-post-\(UUID().uuidString).lua"
    defer { try? FileManager.default.removeItem(atPath: script) }
    try Data(
      """
      wrk.method = "POST"
      wrk.body = '\(body)'
      wrk.headers["Content-Type"] = "application/json"
      wrk.headers["Authorization"] = "Bearer \(token)"
      """.utf8
    ).write(to: URL(fileURLWithPath: script))
    let text = try output(
      "/usr/bin/wrk", ["-t1", "-c\(connections)", "-d\(seconds)s", "--latency", "-s", script, url],
      ProcessInfo.processInfo.environment)
    func figure(_ name: String) -> String {
      text.split(separator: "\n").first { $0.contains(name) }?
        .split(separator: " ", omittingEmptySubsequences: true).last.map(String.init) ?? "none"
    }
    row("\(name), \(connections) connections", "\(figure("Requests/sec")) requests/s", "")
    row("\(name), \(connections) connections, p99", figure("99%"), "")
    if text.contains("Non-2xx") { row("\(name): refused", figure("Non-2xx"), "none") }
  }

  func residentMegabytes() throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }
    return (kilobytes ?? .nan) / 1024
  }

  static func output(
    _ tool: String, _ arguments: [String], _ environment: [String: String]
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ValidationError("\(tool) failed") }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
