import Contracts
import Foundation
import Resilience

/// The two services that an order needs.
struct Dependencies: Sendable {
  let users: Dependency<Customer>
  let products: Dependency<Product>

  init(_ configuration: OrdersConfiguration) {
    let userClient = DependencyClient(url: "\(configuration.userURL)/users")
    let productClient = DependencyClient(url: "\(configuration.productURL)/products")
    users = Dependency("the user service", label: "orders.user", field: .user, configuration) { id in
      guard let user = try await userClient.get(id, as: UserAnswer.self) else { return nil }
      return try user.customer(asked: id)
    }
    products = Dependency("the product service", label: "orders.product", field: .product, configuration) {
      code in
      guard let product = try await productClient.get(code, as: ProductAnswer.self) else { return nil }
      return try product.product(asked: code)
    }
  }
}

private struct UserAnswer: Decodable {
  let id: String
  let firstName: String
  let lastName: String

  func customer(asked: String) throws(UnusableAnswer) -> Customer {
    guard id == asked else { throw UnusableAnswer("is about another user") }
    let names = [firstName, lastName].map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    guard names.contains(where: { !$0.isEmpty }) else { throw UnusableAnswer("has no name") }
    return Customer(fullname: names.filter { !$0.isEmpty }.joined(separator: " "))
  }
}

private struct ProductAnswer: Decodable {
  let code: String
  let name: String
  let price: Money

  func product(asked: String) throws(UnusableAnswer) -> Product {
    guard code == asked else { throw UnusableAnswer("is about another product") }
    guard !name.isEmpty else { throw UnusableAnswer("has no name") }
    guard price.minorUnits >= 0 else { throw UnusableAnswer("has a price below zero") }
    return Product(name: name, price: price)
  }
}

extension Dependencies {
  private enum Part: Sendable {
    case customer(AnswerCache<Customer>.Answer)
    case product(AnswerCache<Product>.Answer)
  }

  /// Asks both at the same time. The first that has no answer ends it: who asks for what there is not is told so,
  /// however slow the other is.
  func details(of work: OrderWork) async throws -> OrderDetails {
    try await withThrowingTaskGroup(of: Part.self) { [users, products] group in
      group.addTask { .customer(try await users.answer(about: work.user)) }
      group.addTask { .product(try await products.answer(about: work.product)) }
      switch (try await group.next(), try await group.next()) {
      case (.customer(let customer), .product(let product)), (.product(let product), .customer(let customer)):
        return OrderDetails(customer, product)
      default: throw CancellationError()
      }
    }
  }
}

extension OrderDetails {
  init(_ customer: AnswerCache<Customer>.Answer, _ product: AnswerCache<Product>.Answer) {
    self.init(
      customerFullname: customer.value.fullname, productName: product.value.name,
      totalAmount: product.value.price, isStale: customer.isStale || product.isStale)
  }
}
