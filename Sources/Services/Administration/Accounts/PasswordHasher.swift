import Crypto
import CryptoExtras
import Foundation
import Metrics
import NIOPosix
import Storage
import Synchronization

/// Turns passwords into what is kept of them, slowly, on threads of its own: a log-in holds up nobody else.
final class PasswordHasher: Sendable {
  /// More than that are told to come back.
  private static let longestQueue = 64
  private static let hashBytes = 32
  private static let saltBytes = 16

  let parameters: ScryptParameters
  private let threads: NIOThreadPool
  private let queued = Mutex(0)
  /// What an unknown address is compared with, so that it costs as much as a known one.
  private let nobody: PasswordHash

  init(_ parameters: ScryptParameters) {
    self.parameters = parameters
    // Half of the cores at most: the rest of the service goes on beside it.
    threads = NIOThreadPool(numberOfThreads: max(ProcessInfo.processInfo.activeProcessorCount / 2, 1))
    threads.start()
    nobody = PasswordHash(
      parameters: parameters, salt: Self.random(Self.saltBytes), hash: Self.random(Self.hashBytes))
  }

  deinit { threads.shutdownGracefully { _ in } }

  /// Takes a place in the queue for everything that is done about one attempt.
  /// - Throws: what `body` throws, and ``AccountError/tooBusy``, before anything is done, when there is none.
  func queueing<Value>(_ body: () async throws -> Value) async throws -> Value {
    let isTaken = queued.withLock { queued in
      guard queued < Self.longestQueue else { return false }
      queued += 1
      Gauge(label: "accounts.passwords.queued").record(queued)
      return true
    }
    guard isTaken else { throw AccountError.tooBusy }
    defer {
      queued.withLock { queued in
        queued -= 1
        Gauge(label: "accounts.passwords.queued").record(queued)
      }
    }
    return try await body()
  }

  /// To be asked for in the queue.
  func hash(_ password: Password) async throws -> PasswordHash {
    let (parameters, salt) = (parameters, Self.random(Self.saltBytes))
    let hash = try await slowly { try Self.scrypt(password, salt, parameters) }
    return PasswordHash(parameters: parameters, salt: salt, hash: hash)
  }

  /// To be asked for in the queue. Takes as long for nil, and says no.
  func verify(_ password: Password, against known: PasswordHash?) async throws -> Bool {
    let expected = known ?? nobody
    let hash = try await slowly { try Self.scrypt(password, expected.salt, expected.parameters) }
    let isEqual = Self.isEqual(hash, expected.hash)
    return isEqual && known != nil
  }

  private func slowly(_ work: @escaping @Sendable () throws -> [UInt8]) async throws -> [UInt8] {
    try await threads.runIfActive {
      let started = ContinuousClock.now
      defer { Timer(label: "accounts.password.hash.duration").record(duration: .now - started) }
      return try work()
    }
  }

  private static func scrypt(
    _ password: Password, _ salt: [UInt8], _ parameters: ScryptParameters
  ) throws -> [UInt8] {
    let key = try KDF.Scrypt.deriveKey(
      from: password.bytes, salt: salt, outputByteCount: hashBytes, rounds: 1 << parameters.log2N,
      blockSize: parameters.r, parallelism: parameters.p)
    return key.withUnsafeBytes { Array($0) }
  }

  /// Looks at every byte, whatever the first ones are.
  private static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max) }
  }
}
