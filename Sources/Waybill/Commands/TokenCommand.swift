import Administration
import ArgumentParser
import HTTPAPI

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Print a token for local use, signed with the key in the data folder.",
    discussion: """
      Whoever owns the data folder needs no password. It works once administration has been started with that \
      folder, here or by `waybill up`.

      Example: curl -H "Authorization: Bearer $(waybill token --subject me --scope 'workflows:read')" …
      """)

  @Option(help: "Who the bearer is: for tasks, the id of a user.")
  var subject = "developer"

  @Option(help: "What the bearer may do: scopes, separated by spaces. Everything, when absent.")
  var scope: String?

  @Option(help: "How many seconds the token is good for.")
  var lifetime = 3600

  func run() async throws {
    let scopes = scope.map { $0.split(whereSeparator: \.isWhitespace).map { Scope(rawValue: String($0)) } }
    print(
      try await Self.make(
        Program(), subject: subject, scopes: scopes.map(Set.init) ?? AdministrationService.allScopes,
        lifetime: .seconds(lifetime)))
  }

  static func make(
    _ program: Program, subject: String, scopes: Set<Scope> = AdministrationService.allScopes,
    lifetime: Duration = .seconds(3600)
  ) async throws -> String {
    try await LocalTokens.make(
      dataFolder: program.dataFolder, subject: subject, scopes: scopes, lifetime: lifetime)
  }
}
