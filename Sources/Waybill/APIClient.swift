import AsyncHTTPClient
import Foundation
import HTTPAPI
import Hosting
import NIOCore
import NIOHTTP1

/// Speaks to running services as any client would: REST, with a token.
struct APIClient: Sendable {
  struct Answer: Sendable {
    let status: UInt
    let headers: [String: String]
    let body: Data

    var isSuccess: Bool { (200..<300).contains(status) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try JSONDecoder().decode(type, from: body)
    }

    /// What a problem document says, or the body as it is.
    var complaint: String {
      struct Problem: Decodable {
        let title: String?
        let detail: String?
      }
      guard let problem = try? decode(Problem.self), let title = problem.title else {
        return "\(status) \(String(decoding: body.prefix(200), as: UTF8.self))"
      }
      return "\(status) \(title)\(problem.detail.map { ": \($0)" } ?? "")"
    }
  }

  /// Fails at once when nobody listens; by default it would go on trying.
  static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(configuration: configuration)
  }()

  let program: Program
  let token: String?

  /// - Parameter token: nil for who has not logged in.
  init(_ program: Program, token: String?) {
    self.program = program
    self.token = token
  }

  /// With a token that may do everything.
  init(_ program: Program, subject: String) async throws {
    self.program = program
    token = try await TokenCommand.make(program, subject: subject)
  }

  func address(of service: ServiceCatalog.Entry) throws -> String {
    let host = program.host == "0.0.0.0" ? "127.0.0.1" : program.host
    return "http://\(host):\(try service.port(program.settings))"
  }

  func send(
    _ method: String, _ path: String, to service: ServiceCatalog.Entry, json: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> Answer {
    let address = try address(of: service)
    do {
      return try await send(method, address + path, json: json, headers: headers)
    } catch let error as Unanswered {
      throw Complaint("\(service.name) does not answer at \(address) (\(error.reason)). Is it running?")
    }
  }

  private struct Unanswered: Error, CustomStringConvertible {
    let url: String
    let reason: any Error

    var description: String { "Nobody answers at \(url) (\(reason))." }
  }

  /// - Parameter url: anywhere; the token is sent along.
  func send(
    _ method: String, _ url: String, json: String? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = .init(rawValue: method)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: json))
    }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response: HTTPClientResponse
    do {
      response = try await Self.client.execute(request, timeout: .seconds(60))
    } catch {
      throw Unanswered(url: url, reason: error)
    }
    let body = try await response.body.collect(upTo: 64 << 20)
    return Answer(
      status: response.status.code,
      headers: Dictionary(
        response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first }),
      body: Data(body.readableBytesView))
  }
}
