public import Messaging

/// Somebody signed up.
public struct UserCreated: Event, Hashable {
  public static let name = "user.created.v1"
  public static let topic = Topic("user.created")

  public let id: UserID
  public let email: String
  public let createdAt: Timestamp

  public var key: String { "\(id)" }

  public init(id: UserID, email: String, createdAt: Timestamp) {
    self.id = id
    self.email = email
    self.createdAt = createdAt
  }
}
