import Synchronization

/// Holds calls of a dependency until the test lets them go, and tells how many there were.
final class Gate: Sendable {
  struct Counts {
    var inside = 0
    var most = 0
    var entered: [String] = []
  }

  private let counts = Box(Counts())
  private let passes = Mutex<[CheckedContinuation<Void, Never>]>([])

  var inside: Int { counts.value.inside }
  var most: Int { counts.value.most }
  var entered: [String] { counts.value.entered }

  /// Waits inside, deaf to cancellation.
  func pass(_ name: String = "") async {
    await withCheckedContinuation { pass in
      // In one, so that who is counted can be let go.
      passes.withLock { passes in
        passes.append(pass)
        counts.change {
          $0.inside += 1
          $0.most = max($0.most, $0.inside)
          $0.entered.append(name)
        }
      }
    }
  }

  /// Lets the first go.
  func release() {
    let first = passes.withLock { passes in
      counts.change { $0.inside -= 1 }
      return passes.removeFirst()
    }
    first.resume()
  }
}
