import ArgumentParser
import HTTPAPI

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Print a token signed with the development key of the data folder.",
    discussion: """
      Example: curl -H "Authorization: Bearer $(waybill token --subject me --scope 'workflows:read')" …
      """)

  /// Everything there is to be allowed, for whoever names no scope.
  static let allScopes = """
    workflows:read workflows:write deliveries:read deliveries:write dead-letters:read dead-letters:write
    """

  @Option(help: "Who the bearer is.")
  var subject = "developer"

  @Option(help: "What the bearer may do: scopes, separated by spaces.")
  var scope = Self.allScopes

  @Option(help: "How many seconds the token is good for.")
  var lifetime = 3600

  func run() async throws {
    let program = try Program()
    print(try await Self.make(program, subject: subject, scope: scope, lifetime: .seconds(lifetime)))
  }

  static func make(
    _ program: Program, subject: String, scope: String = allScopes, lifetime: Duration = .seconds(3600)
  ) async throws -> String {
    let scopes = scope.split(whereSeparator: \.isWhitespace).map { Scope(rawValue: String($0)) }
    return try await DevelopmentKeys(data: program.dataFolder)
      .token(subject: subject, scopes: Set(scopes), lifetime: lifetime)
  }
}
