import Administration
import Delivery
import Gateway
import Hosting
import Orders
import Tasks
import Workflow

/// Every service of the suite. A new one is one line here.
enum ServiceCatalog {
  struct Entry: Sendable {
    let name: String
    let defaultPort: Int
    let host: @Sendable (ServiceEnvironment) throws -> ServiceHost

    /// Where it listens: `<NAME>_PORT`, or its own port.
    func port(_ settings: Settings) throws -> Int {
      try settings.port("\(name.uppercased())_PORT", default: defaultPort)
    }
  }

  static let all: [Entry] = [
    Entry(
      name: AdministrationService.name, defaultPort: AdministrationService.defaultPort,
      host: AdministrationService.host),
    Entry(name: TasksService.name, defaultPort: TasksService.defaultPort, host: TasksService.host),
    Entry(name: WorkflowService.name, defaultPort: WorkflowService.defaultPort, host: WorkflowService.host),
    Entry(name: DeliveryService.name, defaultPort: DeliveryService.defaultPort, host: DeliveryService.host),
    Entry(name: GatewayService.name, defaultPort: GatewayService.defaultPort, host: GatewayService.host),
    Entry(name: OrdersService.name, defaultPort: OrdersService.defaultPort, host: OrdersService.host),
  ]

  static func entry(_ name: String) -> Entry? { all.first { $0.name == name } }
}
