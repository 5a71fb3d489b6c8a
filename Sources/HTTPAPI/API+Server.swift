public import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

extension API {
  /// The service's HTTP server, to be run with the rest of it.
  ///
  /// A graceful stop takes no new request and finishes those under way. `run()` throws ``ServerError`` when
  /// it cannot listen.
  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - setting: the setting that chooses the port, named when the port is taken.
  ///   - onListening: told the port, once requests are taken.
  public func server(
    host: String, port: Int, setting: String, logger: Logger? = nil,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> some Service {
    HTTPServer(
      application: application(host: host, port: port, logger: logger, onListening: onListening),
      host: host, port: port, setting: setting)
  }

  /// The same as Hummingbird's own application, for its test clients.
  public func application(
    host: String = "127.0.0.1", port: Int = 0, logger: Logger? = nil,
    onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> Application<RouterResponder<ConnectionContext>> {
    .listening(
      responder(), host: host, port: port, logger: logger ?? Logger(label: "http.\(service)"),
      onListening: onListening)
  }
}

extension Application {
  static func listening(
    _ responder: Responder, host: String, port: Int, logger: Logger, idleTimeout: TimeAmount = .seconds(75),
    onListening: @escaping @Sendable (Int) -> Void
  ) -> Application {
    Application(
      responder: responder,
      // A connection that says nothing for so long is closed; one that waits for its answer is not.
      server: .http1(configuration: .init(idleTimeout: idleTimeout)),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? port) },
      logger: logger)
  }
}
