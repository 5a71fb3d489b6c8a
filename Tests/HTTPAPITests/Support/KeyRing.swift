import Foundation
import Synchronization

@testable import HTTPAPI

/// An issuer's keys where they are kept: publishes, withdraws, and counts how often it is read.
final class KeyRing: Sendable {
  private struct State {
    var keys: [JSONWebKey]
    var reads = 0
  }

  private let state: Mutex<State>

  init(_ keys: SigningKey...) {
    state = Mutex(State(keys: keys.map(\.publicKey)))
  }

  var reads: Int { state.withLock { $0.reads } }

  func publish(_ key: SigningKey) { state.withLock { $0.keys.append(key.publicKey) } }
  func withdraw(_ key: SigningKey) { state.withLock { $0.keys.removeAll { $0.kid == key.kid } } }

  var published: JSONWebKeySet { JSONWebKeySet(state.withLock { $0.keys }) }

  func read() -> JSONWebKeySet {
    state.withLock { $0.reads += 1 }
    return published
  }
}
