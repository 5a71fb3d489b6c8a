public import Hosting

/// Users, who they are and what they may do; and their tasks.
public enum AdministrationService {
  public static let name = "administration"
  public static let defaultPort = 8081

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    try ServiceHost(
      name, port: environment.settings.port("ADMINISTRATION_PORT", default: defaultPort), in: environment,
      schema: .userTasks,
      listensTo: [
        ApplyUpdateOnTaskUpdated(),
        KeepLineOnTaskLogged(),
      ],
      prunes: [TaskChange.prune, TaskLine.prune],
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    ) { api, store in
      TaskRoutes(store: store).register(on: api)
    }
  }
}
