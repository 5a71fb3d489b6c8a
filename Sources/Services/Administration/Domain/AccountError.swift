import Foundation
import Messaging

/// The rules of accounts, by how they are broken.
enum AccountError: Error, Hashable {
  case emailIsNone
  case emailIsTaken
  case passwordIsTooShort
  case passwordIsTooLong
  /// The address is unknown, or the password is not its: nobody learns which.
  case wrongCredentials
  case currentPasswordIsWrong
  /// Unknown, expired, revoked, or used before: nobody learns which.
  case refreshTokenIsNotAccepted
  case tooManyAttempts(wait: Duration)
  /// Passwords are being checked as fast as it goes.
  case tooBusy
  case unknownUser(String)
  case unknownSession(String)
  /// The token does not come of a log-in, or its user is gone.
  case noAccount

  /// What is wrong, for a person.
  var sentence: String {
    switch self {
    case .emailIsNone: "must be an e-mail address, such as ada@example.org"
    case .emailIsTaken: "There is an account with this e-mail address. Log in with POST /sessions."
    case .passwordIsTooShort: "must have at least \(Password.shortest) characters"
    case .passwordIsTooLong: "must not have more than \(Password.longest) characters"
    case .wrongCredentials: "The e-mail address or the password is wrong."
    case .currentPasswordIsWrong: "is not your password"
    case .refreshTokenIsNotAccepted: "Log in again with POST /sessions."
    case .tooManyAttempts(let wait):
      "Try again in \(wait.formatted(.units(allowed: [.minutes, .seconds], width: .wide)))."
    case .tooBusy: "Too many passwords are being checked at this moment."
    case .unknownUser(let id): "There is no user \(id)."
    case .unknownSession(let id): "You have no session \(id)."
    case .noAccount: "This token belongs to no account. Sign up with POST /users."
    }
  }
}
