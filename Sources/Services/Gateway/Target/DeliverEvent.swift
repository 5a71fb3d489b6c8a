import Jobs

/// An event to be delivered to the target.
struct DeliverEvent: Job {
  static let kind = "gateway.deliver-event"

  /// The event's number in this store.
  let event: Int64
  /// Set when the events of a source are delivered one after the other.
  let orderedBy: String?

  var lane: String? { orderedBy }
}
