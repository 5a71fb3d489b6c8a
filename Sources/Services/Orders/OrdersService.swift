public import Hosting

/// Orders that outlive the services they depend on.
public enum OrdersService {
  public static let name = "orders"
  public static let defaultPort = 8086

  /// Most orders need a moment, and their waiting costs memory only.
  private static let mostAtOnce = 4000
  /// Of those that wait for a slow answer, so many wait in memory; the others in the store.
  private static let mostSlow = 1000

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    let configuration = try OrdersConfiguration(environment.settings)
    let dependencies = Dependencies(configuration)
    return try ServiceHost(
      name, port: environment.settings.port("ORDERS_PORT", default: defaultPort), in: environment,
      schema: .orders, listensTo: [],
      runs: { store in
        [
          CompleteOrderWorker<CompleteOrder>(
            store: store, dependencies: dependencies, configuration: configuration, concurrency: mostAtOnce,
            patience: configuration.slowAfter),
          CompleteOrderWorker<CompleteSlowOrder>(
            store: store, dependencies: dependencies, configuration: configuration, concurrency: mostSlow,
            patience: nil),
        ]
      },
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self),
      serves: { api, store in
        OrderRoutes(store: store, dependencies: dependencies, answerWithin: configuration.answerWithin)
          .register(on: api)
      })
  }
}
