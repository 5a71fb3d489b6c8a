/// How the source simulator is set up: read once, at the start.
public struct SourceConfiguration: Sendable {
  /// Where it listens.
  public var host = "127.0.0.1"
  /// `SOURCE_SIMULATOR_PORT`; 0 for any free one.
  public var port = 8091
  /// `SOURCE_SIMULATOR_URL`: where it sends its events.
  public var url = "http://127.0.0.1:8085/events"
  /// `SOURCE_SIMULATOR_KEY`: shown as a bearer token.
  public var key: String?
  /// `SOURCE_SIMULATOR_SECRET`: signs each message, instead of a key.
  public var secret: String?
  /// `SOURCE_SIMULATOR_RATE`: events a second from the start on; 0 for none.
  public var rate = 0.0

  public static let rates = 0.0...100_000
  /// The slowest there is: one event in a thousand seconds.
  static let slowest = 0.001

  public init() {}

  public init(environment: [String: String], host: String = "127.0.0.1") throws(SimulatorSettingError) {
    let settings = SimulatorSettings(environment: environment)
    self.host = host
    port = try settings.port("SOURCE_SIMULATOR_PORT", default: port)
    url = settings.text("SOURCE_SIMULATOR_URL") ?? url
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw SimulatorSettingError(
        key: "SOURCE_SIMULATOR_URL", expected: "an address that begins with https:// or http://")
    }
    key = settings.text("SOURCE_SIMULATOR_KEY")
    secret = settings.text("SOURCE_SIMULATOR_SECRET")
    if let secret, WebhookSigner(secret) == nil {
      throw SimulatorSettingError(
        key: "SOURCE_SIMULATOR_SECRET", expected: "whsec_ and a secret in base64")
    }
    let rate = try settings.number("SOURCE_SIMULATOR_RATE", default: 0, in: Self.rates)
    self.rate = rate == 0 ? 0 : max(rate, Self.slowest)
  }
}
