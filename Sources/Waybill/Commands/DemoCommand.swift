import ArgumentParser
import Contracts
import Messaging

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play every story against the running services and check what became of it.",
    discussion: "Exit status 1 when anything did not hold.")

  @Option(help: "How many events the source sends.") var events = 2000

  func validate() throws {
    guard (1...100_000).contains(events) else { throw ValidationError("There can be 1 to 100000 events.") }
  }

  func run() async throws {
    let program = try Program()
    let client = try await APIClient(program, subject: "demo")
    let topics = EventCatalog.topics(of: ServiceCatalog.all.map(\.name)).map(\.name)
    let watch = try await EventWatch(program, topics: topics) { print($0) }
    let watching = Task { await watch.run() }
    var checklist = Checklist()
    do {
      try await WorkflowStory(program, client, watch).play(&checklist)
    } catch {
      checklist.note("the story of workflows could be told to its end", false, "\(error)")
    }
    do {
      try await OrderStory(client, watch).play(&checklist)
    } catch {
      checklist.note("the story of orders could be told to its end", false, "\(error)")
    }
    await watch.close()
    await watching.value
    do {
      try await TaskStory(program, client).play(&checklist)
    } catch {
      checklist.note("the story of tasks could be told to its end", false, "\(error)")
    }
    do {
      try await GatewayStory(program, client, events: events).play(&checklist)
    } catch {
      checklist.note("the story of events could be told to its end", false, "\(error)")
    }
    print("\n\(checklist.table)")
    if !checklist.allHeld { throw ExitCode.failure }
  }
}
