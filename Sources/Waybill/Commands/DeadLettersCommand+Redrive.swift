import ArgumentParser
import Foundation

extension DeadLettersCommand {
  struct Redrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Try them again, once what was wrong is mended.",
      discussion: """
        Name them, or say which with --fingerprint, --kind, --type, --older-than and --newer-than \
        (--older-than 0s means all). Those that a filter means are tried slowly at first, then at the rate, and the rest is \
        left dead when one fails again in the same way. The services go on when this command is interrupted: \
        see `redrives`, stop with `cancel`. Exit status 1 when a redrive was stopped, an id is not that of \
        a dead letter, or there was nothing to redrive.
        """)

    @Argument(help: "The ids that `list` shows.") var ids: [String] = []
    @OptionGroup var filter: Filter
    @OptionGroup var service: Service
    @Option(help: "The reason, for the record.") var why: String?
    @Flag(help: "Only count; change nothing.") var dryRun = false
    @Option(help: "Letters a second, at most; 50 for a filter.") var perSecond: Double?
    @Flag(help: "Do not stop when a letter fails again in the same way.") var keepGoing = false

    func validate() throws {
      if ids.isEmpty, filter.fields.isEmpty {
        throw ValidationError(
          "Say which: ids, or --fingerprint, --kind, --type, --older-than or --newer-than.")
      }
      if !ids.isEmpty, !filter.fields.isEmpty {
        throw ValidationError("Name ids or say which with options, not both.")
      }
      if !dryRun, (why ?? "").allSatisfy(\.isWhitespace) {
        throw ValidationError(
          "Say why, for whoever reads the record later: --why 'the mail server is back'.")
      }
    }

    func run() async throws {
      let client = try await APIClient(Program(), subject: NSUserName())
      var failed = false
      var matched = 0
      var unknown = ids
      for entry in service.entries {
        guard let order = try await order(for: entry, &unknown, client) else { continue }
        let preview = try await client.preview(order, on: entry)
        matched += preview.count
        guard preview.count > 0 else {
          for id in order.ids ?? [] { print("\(id) was settled before") }
          continue
        }
        if dryRun {
          print("\(entry.name): \(preview.count) would be redriven")
          for group in preview.groups { print(group.line(entry.name)) }
        } else {
          let redrive = try await client.redrive(order, on: entry) { print("\(entry.name): \($0.progress)") }
          print("\(entry.name): \(redrive.outcome)")
          if redrive.state != "FINISHED" || (!ids.isEmpty && redrive.skipped > 0) { failed = true }
        }
      }
      for id in unknown { print("\(id) unknown") }
      if matched == 0 { print("There is nothing to redrive.") }
      if failed || matched == 0 || !unknown.isEmpty { throw ExitCode.failure }
    }

    /// What concerns one service; nil when nothing does.
    private func order(
      for entry: ServiceCatalog.Entry, _ unknown: inout [String], _ client: APIClient
    ) async throws -> RedriveRequest? {
      var order = RedriveRequest(
        why: why, dryRun: dryRun, perSecond: perSecond, stopOnSameFailure: !keepGoing)
      guard !ids.isEmpty else {
        order.filter = filter.fields
        return order
      }
      var its: [String] = []
      for id in unknown where try await client.isDeadLetter(id, of: entry) { its.append(id) }
      unknown.removeAll { its.contains($0) }
      order.ids = its
      return its.isEmpty ? nil : order
    }
  }
}
