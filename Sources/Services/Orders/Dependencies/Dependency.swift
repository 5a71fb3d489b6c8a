import Resilience

/// A service that orders depend on, asked with care: what it said a moment ago is not asked again, who asks the same
/// at the same time asks once, and everything else goes through a pipeline of its own.
struct Dependency<Value: Sendable>: Sendable {
  /// What there is no such thing of, and what is wrong with the question then.
  let field: OrderField
  /// Its name for people: "the product service".
  let name: String
  private let cache: AnswerCache<Value>
  private let breaker: CircuitBreaker
  private let bulkhead: Bulkhead
  private let pipeline: Pipeline
  private let ask: @Sendable (String) async throws -> Value?

  /// - Parameters:
  ///   - label: as it is named in metrics: "orders.product".
  ///   - ask: nil when there is no such thing.
  init(
    _ name: String, label: String, field: OrderField, _ configuration: OrdersConfiguration,
    ask: @escaping @Sendable (String) async throws -> Value?
  ) {
    self.name = name
    self.field = field
    self.ask = ask
    cache = AnswerCache(name: label, freshFor: configuration.freshFor, staleFor: configuration.staleFor)
    breaker = CircuitBreaker(
      name: label, openFor: .seconds(1), longestOpen: .seconds(30),
      isFailure: { ($0 as? HTTPFailure)?.isTheirs ?? !($0 is UnknownReference) })
    bulkhead = Bulkhead(
      name: label, limit: 128, queue: 10_000,
      slowCalls: .init(after: configuration.slowAfter, limit: 64))
    pipeline = Pipeline(
      name: label, deadline: configuration.maxAge,
      retry: Retry(attempts: 3, firstDelay: .milliseconds(50), largestDelay: .seconds(1)),
      breaker: breaker, bulkhead: bulkhead, timeout: configuration.timeout
    ) { error in
      switch error {
      case let failure as HTTPFailure: failure.advice
      case is UnknownReference, is CancellationError: .never
      // The connection failed.
      default: .retry
      }
    }
  }

  /// - Throws: ``UnknownReference`` or ``DependencyFailure``, or `CancellationError`.
  func answer(about reference: String) async throws -> AnswerCache<Value>.Answer {
    do {
      return try await cache.answer(for: reference) { [pipeline, ask, field, name] in
        try await pipeline.call(about: reference) {
          guard let value = try await ask(reference) else { throw UnknownReference(field: field, to: name) }
          return value
        }
      }
    } catch {
      if error is CancellationError || error is UnknownReference { throw error }
      if let standIn = cache.standIn(for: reference) { return standIn }
      throw DependencyFailure(of: name, error)
    }
  }

  /// What it said a moment ago; nil when it has to be asked.
  func remembered(about reference: String) -> AnswerCache<Value>.Answer? { cache.remembered(for: reference) }

  /// What it said before, when that may stand in for an answer that is slow to come.
  func standIn(about reference: String) -> AnswerCache<Value>.Answer? { cache.standIn(for: reference) }

  var state: DependencyState {
    DependencyState(
      name: name, circuit: breaker.state.word, underWay: bulkhead.state.inUse,
      slow: bulkhead.state.slow, waiting: bulkhead.state.waiting)
  }
}

/// How a dependency is doing, for operators.
struct DependencyState: Encodable, Sendable {
  let name: String
  /// closed, open or half-open.
  let circuit: String
  let underWay: Int
  let slow: Int
  let waiting: Int

  private enum CodingKeys: String, CodingKey {
    case name, circuit
    case underWay = "under_way"
    case slow, waiting
  }
}
