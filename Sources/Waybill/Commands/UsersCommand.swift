import ArgumentParser
import Foundation
import HTTPAPI

struct UsersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "users", abstract: "Who has an account, and what he may do.",
    subcommands: [List.self, Role.self])

  private struct User: Decodable {
    let id: String
    let email: String
    let role: String
    let createdAt: String
  }

  private struct Users: Decodable {
    let items: [User]
    let next: String?
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "All users, the newest first.")

    func run() async throws {
      let (client, entry) = try await UsersCommand.client()
      var cursor: String?
      repeat {
        let answer = try await client.send(
          "GET", "/users?limit=500" + (cursor.map { "&cursor=\($0)" } ?? ""), to: entry)
        guard answer.isSuccess else { throw Complaint(answer.complaint) }
        let page = try answer.decode(Users.self)
        for user in page.items {
          print("\(user.id)  \(user.createdAt)  \(user.role.padding(to: 8))  \(user.email)")
        }
        cursor = page.next
      } while cursor != nil
    }
  }

  struct Role: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make somebody an operator, or a user again.",
      discussion:
        "It counts from the next log-in or refresh on; tokens given before live for an hour at most.")
    @Argument(help: "The e-mail address of the account.") var email: String
    @Argument(help: "user or operator.") var role: String

    func run() async throws {
      let (client, entry) = try await UsersCommand.client()
      guard let query = email.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
        throw Complaint("\(email) is no e-mail address.")
      }
      let found = try await client.send("GET", "/users?email=\(query)", to: entry)
      guard found.isSuccess else { throw Complaint(found.complaint) }
      guard let user = try found.decode(Users.self).items.first else {
        throw Complaint("Nobody has an account with the e-mail address \(email).")
      }
      let body = String(decoding: try JSONEncoder().encode(["role": role]), as: UTF8.self)
      let answer = try await client.send("PUT", "/users/\(user.id)/role", to: entry, json: body)
      guard answer.isSuccess else { throw Complaint(answer.complaint) }
      print("\(user.email) is \(try answer.decode(User.self).role)")
    }
  }

  static func client() async throws -> (APIClient, ServiceCatalog.Entry) {
    guard let entry = ServiceCatalog.entry("administration") else {
      throw Complaint("This program has no administration service.")
    }
    return (try await APIClient(Program(), subject: NSUserName()), entry)
  }
}
