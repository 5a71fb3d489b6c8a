import Hosting

/// How accounts are guarded: read once, at the start.
struct AdministrationConfiguration: Sendable {
  /// `ADMINISTRATION_SCRYPT_LOG2N`: the cost of a password, in doublings of time and memory.
  let scrypt: ScryptParameters
  /// `ADMINISTRATION_ATTEMPTS_PER_MINUTE`: how many sign-ups and failed log-ins are taken from one network.
  let attemptsPerMinute: Int

  init(_ settings: Settings) throws(SettingError) {
    let log2N = try settings.integer(
      "ADMINISTRATION_SCRYPT_LOG2N", default: ScryptParameters.standard.log2N, in: 10...16)
    scrypt = ScryptParameters(log2N: log2N, r: 8, p: 3)
    attemptsPerMinute = try settings.integer(
      "ADMINISTRATION_ATTEMPTS_PER_MINUTE", default: 120, in: 1...1_000_000)
  }
}
