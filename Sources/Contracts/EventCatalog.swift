public import Messaging

/// Every event there is: for `waybill topics`, the AsyncAPI document and whoever watches everything.
public enum EventCatalog {
  public static let events: [any Event.Type] = [
    WorkflowCreated.self, WorkflowTaskUpdated.self, DeliveryCreated.self, DeliverySent.self, UserCreated.self,
    TaskCreated.self, TaskCancelled.self, TaskUpdated.self, TaskLogged.self,
    EventReceived.self, EventDelivered.self, EventDeliveryRetried.self, EventDeliveryFailed.self,
    OrderCreated.self, OrderFailed.self,
  ]

  /// The topics of those events, and the dead letters of `services`.
  public static func topics(of services: [String]) -> [Topic] {
    var topics: [Topic] = []
    for topic in events.map({ $0.topic }) where !topics.contains(topic) { topics.append(topic) }
    return topics + services.map(Topic.deadLetters(of:))
  }
}
