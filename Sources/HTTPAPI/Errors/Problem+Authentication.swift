import HTTPTypes

// The answers of RFC 6750, section 3.
extension Problem {
  /// 401 to a request that brought no token: it is told how to ask, and nothing else.
  static var tokenMissing: Problem {
    Problem(
      .unauthorized, "token-missing", title: "A bearer token is needed",
      detail: "Send Authorization: Bearer <token>.", headers: [.wwwAuthenticate: #"Bearer realm="waybill""#])
  }

  /// - Parameter reason: without quotes and backslashes, which the header could not carry.
  static func tokenInvalid(_ reason: String) -> Problem {
    Problem(
      .unauthorized, "token-invalid", title: "The token is not accepted", detail: "The token \(reason).",
      headers: [
        .wwwAuthenticate:
          #"Bearer realm="waybill", error="invalid_token", error_description="The token \#(reason)""#
      ])
  }

  static func insufficientScope(_ scope: Scope) -> Problem {
    Problem(
      .forbidden, "insufficient-scope", title: "The token does not give this right",
      detail: "The scope needed is \(scope).",
      headers: [
        .wwwAuthenticate: #"Bearer realm="waybill", error="insufficient_scope", scope="\#(scope)""#
      ])
  }

  /// Not the caller's fault: no token can be checked yet.
  static var keysUnavailable: Problem {
    .unavailable("Tokens cannot be checked: the keys of their issuer could not be fetched yet.")
  }
}
