import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceTesting
import Synchronization
import Testing

/// Passwords are looked at slowly; everything else goes on beside it.
@Suite(.timeLimit(.minutes(5))) struct GoingOnBesideLogIns {
  @Test func `others are answered at once, and who is too much is told when to come back`() async throws {
    let bench = try ServiceBench.administration()
    try await bench.visited { visitor in
      let access = try await visitor.signUp()
      let done = Tally()
      try await withThrowingTaskGroup(of: TestResponse.self) { logIns in
        for number in 0..<80 {
          logIns.addTask {
            let answer = try await visitor.logIn("eve\(number)@example.org")
            done.add(answer.status.code)
            return answer
          }
        }
        for try await answer in logIns {
          if answer.status != .unauthorized {
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.problem == "unavailable")
            #expect(answer.retryAfter == 2)
          }
          // One has had its turn, and as many as it takes are waiting for theirs.
          if done.count(503) > 0, done.count(401) > 0 { break }
        }
        for _ in 0..<5 {
          #expect(try await visitor.get("/health/live").status == .ok)
          #expect(try await visitor.get("/users/me", token: access.jwt).status == .ok)
        }
        // Not behind them: of the 64 that are taken some still wait.
        #expect(done.count(401) < 64)
        for try await _ in logIns {}
      }
      #expect(done.count(503) > 0)
      #expect(done.count(401) >= 64)
      // Who was sent away has not failed.
      let failed = try await bench.count("SELECT count(*) FROM login_attempts WHERE subject LIKE '%from%'")
      #expect(failed == done.count(401))
      #expect(try await visitor.logIn().status == .created)
    }
  }
}

/// How often each status was answered.
private final class Tally: Sendable {
  private let counts = Mutex<[Int: Int]>([:])

  func add(_ status: Int) { counts.withLock { $0[status, default: 0] += 1 } }
  func count(_ status: Int) -> Int { counts.withLock { $0[status] ?? 0 } }
}
