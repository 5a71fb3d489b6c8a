import ArgumentParser
import Foundation

struct Reconcile: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Bring workflows and deliveries back in step.",
    discussion: """
      Each side says again what it knows, and the other catches up: safely, any number of times. \
      Deliveries from before the two were linked are given their workflow with --link first; a workflow \
      that has no delivery at all gets one.
      """)

  @Option(
    name: .customLong("link"),
    help: "DELIVERY=WORKFLOW: the delivery with this id belongs to that workflow. May be repeated.")
  var links: [String] = []

  @Flag(help: "Only count what is out of step; change nothing.")
  var dryRun = false

  @Flag(help: "Deliveries without a workflow stand alone: do not stop because of them.")
  var standalone = false

  private struct Workflows: Decodable {
    let workflows: Int
    let withoutDelivery: Int
    let examples: [String]
    let published: Int
  }

  private struct Deliveries: Decodable {
    let deliveries: Int
    let withoutWorkflow: Int
    let examples: [String]
    let published: Int
  }

  func run() async throws {
    guard let workflow = ServiceCatalog.entry("workflow"), let delivery = ServiceCatalog.entry("delivery")
    else {
      throw Complaint("This program has no workflow or delivery service.")
    }
    let client = try await APIClient(Program(), subject: NSUserName())
    for link in links {
      let parts = link.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw Complaint("--link takes DELIVERY=WORKFLOW, not \(link).")
      }
      guard !dryRun else { continue }
      let body = String(decoding: try JSONEncoder().encode(["workflowId": String(parts[1])]), as: UTF8.self)
      let answer = try await client.send(
        "PUT", "/api/delivery/deliveries/\(parts[0])/workflow", to: delivery, json: body)
      guard answer.isSuccess else { throw Complaint("\(link): \(answer.complaint)") }
      print("linked delivery \(parts[0]) to workflow \(parts[1])")
    }
    func ask<Report: Decodable>(_ entry: ServiceCatalog.Entry, dryRun: Bool, _ type: Report.Type) async throws
      -> Report
    {
      let answer = try await client.send("POST", "/api/\(entry.name)/reconcile?dryRun=\(dryRun)", to: entry)
      guard answer.isSuccess else { throw Complaint("\(entry.name): \(answer.complaint)") }
      return try answer.decode(type)
    }
    let before = try await (
      ask(workflow, dryRun: true, Workflows.self), ask(delivery, dryRun: true, Deliveries.self)
    )
    print("\(before.0.workflows) workflows, \(before.0.withoutDelivery) of which know no delivery")
    print("\(before.1.deliveries) deliveries, \(before.1.withoutWorkflow) of which belong to no workflow")
    if dryRun { return }
    // A workflow that knows no delivery gets a new one: wrong, if an old delivery is really its own.
    if before.0.withoutDelivery > links.count, before.1.withoutWorkflow > 0, !standalone {
      print("workflows:  \(before.0.examples.joined(separator: " "))")
      print("deliveries: \(before.1.examples.joined(separator: " "))")
      throw Complaint(
        "Some of these may belong together. Link them with --link DELIVERY=WORKFLOW, or say --standalone when "
          + "those deliveries have no workflow. Nothing was published.")
    }
    let deliveries = try await ask(delivery, dryRun: false, Deliveries.self)
    let workflows = try await ask(workflow, dryRun: false, Workflows.self)
    print("published again: \(workflows.published) facts of workflows, \(deliveries.published) of deliveries")
  }
}
