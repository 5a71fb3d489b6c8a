import Hummingbird
public import Logging
public import ServiceLifecycle

/// `/metrics` on a port of its own, where clients of the API do not get.
public struct MetricsServer: Service {
  private let server: HTTPServer<Application<RouterResponder<BasicRequestContext>>>

  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - setting: the setting that chooses the port, named when the port is taken.
  ///   - onListening: told the port, once requests are taken.
  ///   - text: everything measured so far, in the text format of Prometheus.
  public init(
    host: String, port: Int, setting: String, logger: Logger = Logger(label: "http.metrics"),
    onListening: @escaping @Sendable (Int) -> Void = { _ in }, text: @escaping @Sendable () -> String
  ) {
    let router = Router()
    router.get("/metrics") { _, _ in try Reply.metrics(text()).response() }
    server = HTTPServer(
      application: .listening(
        router.buildResponder(), host: host, port: port, logger: logger, onListening: onListening),
      host: host, port: port, setting: setting)
  }

  public func run() async throws {
    try await server.run()
  }
}
