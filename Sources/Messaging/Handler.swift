import Foundation
public import Storage

/// What a service does about one kind of event: a sentence, such as `CreateDeliveryOnWorkflowCreated`.
///
/// It runs inside the unit of work that remembers the event, so that its effect takes place exactly once.
/// It steers with its ``Disposition``; a throw means a bug or a broken disk, and is tried again.
public protocol Handler<Message>: Sendable {
  associatedtype Message: Event
  /// Stable for ever: `"workflow.mark-deliver-task-done"`.
  var name: String { get }
  func handle(_ event: Message, _ work: UnitOfWork) throws -> Disposition
}

/// A handler whose event type is known by name only.
struct HandlerEntry: Sendable {
  let name: String
  let eventName: String
  let topic: Topic
  let decide: @Sendable (Data, UnitOfWork) throws -> Disposition

  init(_ handler: some Handler) {
    self.init(opening: handler)
  }

  private init<Opened: Handler>(opening handler: Opened) {
    name = handler.name
    eventName = Opened.Message.name
    topic = Opened.Message.topic
    decide = { payload, work in
      let event: Opened.Message
      do {
        event = try EventCoding.decoder.decode(Opened.Message.self, from: payload)
      } catch let error as DecodingError {
        return .refused(reason: "the value is not a \(Opened.Message.name): \(error.sentence)")
      }
      return try handler.handle(event, work)
    }
  }
}
