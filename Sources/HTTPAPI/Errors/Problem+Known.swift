import HTTPTypes

// The problems that every service answers with.
extension Problem {
  /// 400: the request cannot be read at all.
  public static func badRequest(_ detail: String) -> Problem {
    Problem(.badRequest, "bad-request", title: "The request cannot be understood", detail: detail)
  }

  /// 404: also for what exists but belongs to somebody else.
  public static func notFound(_ detail: String) -> Problem {
    Problem(.notFound, "not-found", title: "There is no such resource", detail: detail)
  }

  /// 409: a rule of the domain stands against it.
  public static func conflict(_ name: String, title: String, detail: String? = nil) -> Problem {
    Problem(.conflict, name, title: title, detail: detail)
  }

  /// 422: it can be read, but what it says cannot be accepted.
  public static func invalid(_ faults: [Fault]) -> Problem {
    Problem(.unprocessableContent, "invalid-request", title: "The request is not valid", errors: faults)
  }

  /// 422 with one fault: `.invalid("/name", "must not be empty")`.
  public static func invalid(_ pointer: String, _ detail: String) -> Problem {
    invalid([Fault(pointer, detail)])
  }

  /// 503: the same request may succeed later.
  public static func unavailable(_ detail: String, retryAfter: Duration = .seconds(5)) -> Problem {
    let seconds = retryAfter.components.seconds
    return Problem(
      .serviceUnavailable, "unavailable", title: "The service cannot do this at the moment",
      detail: detail, headers: [.retryAfter: "\(max(1, seconds))"])
  }

  static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> Problem {
    let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
    return Problem(
      .methodNotAllowed, "method-not-allowed", title: "The resource does not know this method",
      detail: "Allowed are: \(names).", headers: [.allow: names])
  }

  static func bodyTooLarge(limit: Int) -> Problem {
    Problem(
      .contentTooLarge, "body-too-large", title: "The body is too large",
      detail: "At most \(limit) bytes are read.")
  }

  static var notJSON: Problem {
    Problem(
      .unsupportedMediaType, "unsupported-media-type", title: "The body is of a kind that is not read here",
      detail: "Send JSON, with Content-Type: application/json.")
  }

  static var idempotencyKeyReused: Problem {
    Problem(
      .unprocessableContent, "idempotency-key-reused",
      title: "The Idempotency-Key was used for another request",
      detail: "A key belongs to one request and its repetitions. Use a new key for a new request.")
  }

  static func unexpected(instance: String) -> Problem {
    var problem = Problem(
      .internalServerError, "unexpected", title: "Something went wrong that should not have",
      detail: "It was logged under the id in `instance`.")
    problem.instance = "urn:uuid:\(instance)"
    return problem
  }
}
