public import Hosting

/// The worker: does users' tasks, and tells what becomes of them.
public enum TasksService {
  public static let name = "tasks"
  public static let defaultPort = 8082

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    let configuration = try TasksConfiguration(environment.settings)
    return try ServiceHost(
      name, port: environment.settings.port("TASKS_PORT", default: defaultPort), in: environment,
      schema: .tasks,
      listensTo: [
        RunTaskOnTaskCreated()
      ],
      everyInstanceListensTo: [
        CancelTaskOnTaskCancelled()
      ],
      runs: { store in
        [RunTaskWorker(store: store, configuration: configuration)]
      },
      prunes: [TaskRun.prune],
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self),
      serves: { _, _ in })
  }
}
