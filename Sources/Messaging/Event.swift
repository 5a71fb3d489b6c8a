/// A fact that other services may build on. The type declares everything about itself once.
///
///     public struct DeliverySent: Event {
///       public static let name = "delivery.sent.v1"
///       public static let topic = Topic("delivery.sent")
///       public var key: String { id.rawValue }
///       …
///     }
///
/// A payload evolves by adding optional fields. A breaking change is a new version of the name on the same
/// topic.
public protocol Event: Codable, Sendable {
  /// The CloudEvents type: topic name and version. A literal, because it outlives the Swift type.
  static var name: String { get }
  static var topic: Topic { get }
  /// The identity whose history must stay in order; it is the event's subject too.
  var key: String { get }
}
