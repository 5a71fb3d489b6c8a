public import HTTPAPI
public import Logging
public import Messaging
public import Storage

/// What every service is handed by the program it runs in.
public struct ServiceEnvironment: Sendable {
  public let settings: Settings
  /// Where stores live.
  public let dataFolder: String
  /// The address to bind to.
  public let host: String
  public let wire: Wire
  public let verifier: TokenVerifier
  /// How many proxies in front of the services append to `X-Forwarded-For`.
  public let trustedProxies: Int
  /// The metrics page of this process; nil when it is served on a port of its own.
  public let metrics: (@Sendable () -> String)?
  public let logLevel: Logger.Level
  public let clock: @Sendable () -> Timestamp
  /// Told the name and port of each service once it takes requests.
  private let listening: @Sendable (String, Int) -> Void

  public init(
    settings: Settings, dataFolder: String, host: String, wire: Wire, verifier: TokenVerifier,
    trustedProxies: Int = 0, metrics: (@Sendable () -> String)?, logLevel: Logger.Level,
    clock: @escaping @Sendable () -> Timestamp = { .now },
    onListening: @escaping @Sendable (String, Int) -> Void = { _, _ in }
  ) {
    self.settings = settings
    self.dataFolder = dataFolder
    self.host = host
    self.wire = wire
    self.verifier = verifier
    self.trustedProxies = trustedProxies
    self.metrics = metrics
    self.logLevel = logLevel
    self.clock = clock
    listening = onListening
  }

  func onListening(_ service: String) -> @Sendable (Int) -> Void {
    { [listening] port in listening(service, port) }
  }

  public func logger(_ label: String) -> Logger {
    var logger = Logger(label: label)
    logger.logLevel = logLevel
    return logger
  }
}
