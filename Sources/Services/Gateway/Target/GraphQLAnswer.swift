import Contracts

/// A GraphQL answer to a request that creates events. GraphQL, October 2021: section 7.
struct GraphQLAnswer: Decodable {
  struct Created: Decodable {
    let id: String?
  }

  struct Fault: Decodable {
    /// What kind of mistake its code names. Codes are a convention: those of Apollo Server and its like.
    enum Kind: Hashable {
      case throttling
      /// Whoever asks may not: his token is wrong, not the event.
      case access
      case input
      case trouble
      case unsaid
    }

    let message: String
    let path: [JSONValue]?
    let extensions: [String: JSONValue]?

    /// The field of the request that it is about; nil when it is about none.
    var alias: String? {
      guard case .string(let alias)? = path?.first else { return nil }
      return alias
    }

    var code: String? {
      guard case .string(let code)? = extensions?["code"] else { return nil }
      return code
    }

    var kind: Kind {
      switch code {
      case "THROTTLED", "RATE_LIMITED", "RATE_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS": .throttling
      case "UNAUTHENTICATED", "FORBIDDEN": .access
      case "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST": .input
      case "INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT": .trouble
      default: .unsaid
      }
    }

    var sentence: String {
      let short = String(message.prefix(TargetAnswer.longestExcerpt))
      return code.map { "\(short) (\($0.prefix(60)))" } ?? short
    }

    /// What it means for the event that it is about. Without a code that says so nobody knows whether another
    /// attempt would help: it is made.
    func verdict(_ status: Int) -> TargetAnswer.Verdict {
      let reason = "the target answered: \(sentence)"
      if kind == .throttling { return .throttled(reason: reason) }
      return .refused(
        TargetAnswer.Refusal(
          reason: reason, status: status, excerpt: sentence, isPermanent: kind == .input))
    }
  }

  let data: [String: Created?]?
  let errors: [Fault]?
  /// Whether there is a member `data`, be it null.
  let hasData: Bool

  /// Whether it is an answer at all: any JSON object could be read as one.
  var isOne: Bool { hasData || errors != nil }

  private enum CodingKeys: CodingKey {
    case data, errors
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    hasData = container.contains(.data)
    data = try container.decodeIfPresent([String: Created?].self, forKey: .data)
    errors = try container.decodeIfPresent([Fault].self, forKey: .errors)
  }
}
