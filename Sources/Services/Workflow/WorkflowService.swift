public import Hosting

/// Workflows and their tasks, kept in step with their deliveries.
public enum WorkflowService {
  public static let name = "workflow"
  public static let defaultPort = 8083

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    try ServiceHost(
      name, port: environment.settings.port("WORKFLOW_PORT", default: defaultPort), in: environment,
      schema: .workflow,
      listensTo: [
        LinkDeliveryOnDeliveryCreated(),
        MarkDeliverTaskDoneOnDeliverySent(),
      ],
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    ) { api, store in
      WorkflowRoutes(store: store).register(on: api)
      ReconcileRoutes(store: store).register(on: api)
    }
  }
}
