/// How a simulated service of the shop is set up: read once, at the start.
public struct ShopConfiguration: Sendable {
  /// Where it listens.
  public var host: String
  /// `PRODUCT_SIMULATOR_PORT`, `USER_SIMULATOR_PORT`; 0 for any free one.
  public var port: Int
  /// `PRODUCT_SIMULATOR_SLOW_MS`: how long the product that is slow takes.
  public var slowMilliseconds = 60_000

  public init(host: String = "127.0.0.1", port: Int = 0) {
    self.host = host
    self.port = port
  }

  /// As the environment says, for the simulator of products.
  public static func products(
    environment: [String: String], host: String = "127.0.0.1"
  ) throws(SimulatorSettingError) -> ShopConfiguration {
    let settings = SimulatorSettings(environment: environment)
    var configuration = ShopConfiguration(
      host: host, port: try settings.port("PRODUCT_SIMULATOR_PORT", default: 8093))
    configuration.slowMilliseconds = try settings.integer(
      "PRODUCT_SIMULATOR_SLOW_MS", default: configuration.slowMilliseconds,
      in: 0...Behaviour.mostMilliseconds)
    return configuration
  }

  /// As the environment says, for the simulator of users.
  public static func users(
    environment: [String: String], host: String = "127.0.0.1"
  ) throws(SimulatorSettingError) -> ShopConfiguration {
    let settings = SimulatorSettings(environment: environment)
    return ShopConfiguration(host: host, port: try settings.port("USER_SIMULATOR_PORT", default: 8094))
  }
}
