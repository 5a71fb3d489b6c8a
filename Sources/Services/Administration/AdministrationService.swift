public import HTTPAPI
public import Hosting
import Storage

/// Users, who they are and what they may do; and their tasks.
public enum AdministrationService {
  public static let name = "administration"
  public static let defaultPort = 8081

  /// Everything there is to be allowed.
  public static let allScopes = Set(UserRole.operator.scopes.map { Scope(rawValue: $0) })

  public static func host(in environment: ServiceEnvironment) throws -> ServiceHost {
    let configuration = try AdministrationConfiguration(environment.settings)
    let hasher = PasswordHasher(configuration.scrypt)
    let network = NetworkLimit(perMinute: configuration.attemptsPerMinute)
    let lanes = AttemptLanes()
    let logger = environment.logger(name)
    return try ServiceHost(
      name, port: environment.settings.port("ADMINISTRATION_PORT", default: defaultPort), in: environment,
      schema: .accounts + .userTasks,
      listensTo: [
        ApplyUpdateOnTaskUpdated(),
        KeepLineOnTaskLogged(),
      ],
      prunes: [TaskChange.prune, TaskLine.prune, Session.prune, LoginAttempts.prune, KeyRecord.prune],
      prepares: KeyRecord.ensure,
      // It is the issuer: what it publishes is what it believes.
      verifier: { store in TokenVerifier(keys: KeyRing(store: store).published, clock: { store.now }) },
      openapi: String(decoding: PackageResources.openapi_yaml, as: UTF8.self),
      serves: { api, store in
        let keys = KeyRing(store: store)
        let accounts = Accounts(
          store: store, keys: keys, hasher: hasher, network: network, lanes: lanes, logger: logger)
        AccountRoutes(store: store, accounts: accounts).register(on: api)
        OperatorRoutes(store: store, keys: keys).register(on: api)
        TaskRoutes(store: store).register(on: api)
        TaskStreams(store: store).register(on: api)
      })
  }
}
