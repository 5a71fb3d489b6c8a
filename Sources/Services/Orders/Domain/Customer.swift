/// Who orders, as the user service knows him.
struct Customer: Hashable, Sendable {
  /// First name, space, last name.
  let fullname: String
}
