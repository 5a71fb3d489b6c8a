import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why a simulator could not listen.
public struct SimulatorCannotListen: Error, Hashable, CustomStringConvertible {
  public let host: String
  public let port: Int
  /// The setting that chooses the port.
  public let setting: String
  public let reason: String

  public var description: String {
    "Cannot listen on \(host), port \(port): \(reason). Stop the program that uses the port, or choose another "
      + "port with \(setting)."
  }
}

/// The HTTP server of a simulator.
struct SimulatorServer: Service {
  let responder: RouterResponder<SimulatorContext>
  let host: String
  let port: Int
  let setting: String
  let logger: Logger
  let onListening: @Sendable (Int) -> Void

  func run() async throws {
    let (onListening, port) = (onListening, port)
    let application = Application(
      responder: responder,
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? port) },
      logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      throw SimulatorCannotListen(
        host: host, port: port, setting: setting, reason: String(cString: strerror(error.errnoCode)))
    }
  }
}

/// What is known of a request beside the request itself: the connection it came over.
struct SimulatorContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// Closes the connection with no answer.
  func drop() async throws -> Never {
    channel.close(promise: nil)
    try await channel.closeFuture.get()
    throw ConnectionDropped()
  }
}

/// There is nobody left to answer.
struct ConnectionDropped: Error {}
