import Contracts

/// What is ordered, as the product service knows it.
struct Product: Hashable, Sendable {
  let name: String
  let price: Money
}
