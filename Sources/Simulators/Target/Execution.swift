import Foundation

/// One execution of a plan, call after call.
struct Execution {
  let behaviour: Behaviour
  let key: String?
  let now: Date
  private var errors: [GraphQLError] = []

  init(behaviour: Behaviour, key: String?, now: Date) {
    self.behaviour = behaviour
    self.key = key
    self.now = now
  }

  struct Result: Sendable {
    let data: JSONValue
    let errors: [GraphQLError]
  }

  /// Why nothing of a request is executed.
  enum Refusal: Error, Hashable {
    /// One event of it is poisonous, and the behaviour says that this fails all of it.
    case poison
    /// Its `Idempotency-Key` has been used for other events.
    case keyTaken
  }

  mutating func run(
    _ plan: Plan, _ received: inout ReceivedEvents, _ dice: inout Dice
  ) throws(Refusal) -> Result {
    let inputs = plan.inputs
    if behaviour.poisonFailsRequest, inputs.contains(where: behaviour.isPoison) { throw .poison }
    if let key, received.isTaken(key, for: inputs) { throw .keyTaken }
    var members: [JSONValue.Member] = []
    for step in plan.steps {
      let value = perform(step, of: plan, &received, &dice)
      if value == .null, behaviour.nonNull, step.isCreation {
        // The null of a field that may not be null is its parent's, which is all there is.
        return Result(data: .null, errors: errors)
      }
      members.append(.init(name: step.key, value: value))
    }
    if let key, !inputs.isEmpty, errors.isEmpty { received.remember(key, for: inputs) }
    return Result(data: .object(members), errors: errors)
  }

  private mutating func perform(
    _ step: Plan.Step, of plan: Plan, _ received: inout ReceivedEvents, _ dice: inout Dice
  ) -> JSONValue {
    switch step.call {
    case .typename(let name): return .string(name)
    case .eventCount: return .integer(received.all.count)
    case .event(let id): return received.contains(id) ? step.event(id) : .null
    case .failing(let error):
      errors.append(error)
      return .null
    case .createEvent(let input):
      if behaviour.isPoison(input) {
        return fail(step, of: plan, "This event is refused, and always will be.", .refused)
      }
      if behaviour.eventErrors > 0, dice.fraction() < behaviour.eventErrors {
        return fail(step, of: plan, "This event could not be created this time.", .failed)
      }
      received.receive(input, key: key, now: now)
      return step.event(input.id)
    }
  }

  private mutating func fail(
    _ step: Plan.Step, of plan: Plan, _ message: String, _ code: GraphQLError.Code
  ) -> JSONValue {
    let location = plan.location(of: step)
    errors.append(GraphQLError(message: message, code: code, locations: [location], path: step.key))
    return .null
  }
}

extension Plan.Step {
  fileprivate var isCreation: Bool { field == "createEvent" }

  /// What is asked of an event.
  fileprivate func event(_ id: String) -> JSONValue {
    .object(
      selections.map { key, field in
        .init(name: key, value: .string(field == "__typename" ? "CreatedEvent" : id))
      })
  }
}
