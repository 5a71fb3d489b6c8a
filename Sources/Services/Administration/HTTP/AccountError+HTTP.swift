import HTTPAPI
import HTTPTypes

extension AccountError: ProblemConvertible {
  var problem: Problem {
    switch self {
    case .emailIsNone: .invalid("/email", sentence)
    case .passwordIsTooShort, .passwordIsTooLong: .invalid("/password", sentence)
    case .currentPasswordIsWrong: .invalid("/currentPassword", sentence)
    case .emailIsTaken: .conflict("email-taken", title: "The e-mail address is taken", detail: sentence)
    case .wrongCredentials:
      Problem(
        .unauthorized, "wrong-credentials", title: "You are not logged in", detail: sentence,
        headers: Self.challenge)
    case .refreshTokenIsNotAccepted:
      Problem(
        .unauthorized, "refresh-token-not-accepted", title: "The refresh token is not accepted",
        detail: sentence, headers: Self.challenge)
    case .tooManyAttempts(let wait):
      Problem(
        .tooManyRequests, "too-many-attempts", title: "Too many attempts", detail: sentence,
        headers: [.retryAfter: "\(wait.inWholeSeconds)"])
    case .tooBusy: .unavailable(sentence, retryAfter: .seconds(2))
    case .unknownUser, .unknownSession, .noAccount: .notFound(sentence)
    }
  }

  private static let challenge: HTTPFields = [.wwwAuthenticate: #"Bearer realm="waybill""#]
}

extension Duration {
  /// Rounded up: who waits so long has waited long enough.
  var inWholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
