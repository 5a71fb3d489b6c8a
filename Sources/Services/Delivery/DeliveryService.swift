public import Hosting

/// Deliveries: created for workflows, sent once, and announced.
public enum DeliveryService {
  public static let name = "delivery"
  public static let defaultPort = 8084

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    try ServiceHost(
      name, port: environment.settings.port("DELIVERY_PORT", default: defaultPort), in: environment,
      schema: .delivery,
      listensTo: [
        CreateDeliveryOnWorkflowCreated()
      ],
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    ) { api, store in
      DeliveryRoutes(store: store).register(on: api)
      ReconcileRoutes(store: store).register(on: api)
    }
  }
}
