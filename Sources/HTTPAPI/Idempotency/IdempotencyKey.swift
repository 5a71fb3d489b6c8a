import Crypto
import Foundation
import HTTPTypes
import NIOCore

extension HTTPField.Name {
  static let idempotencyKey = HTTPField.Name("idempotency-key")!
  static let idempotencyReplayed = HTTPField.Name("idempotency-replayed")!
}

/// A client's word that two requests are one, after draft-ietf-httpapi-idempotency-key-header.
///
/// It holds for one principal, method and path: nobody can get another's answer by guessing a key.
struct IdempotencyKey: Sendable {
  let subject: String
  let method: String
  let path: String
  let text: String
  /// SHA-256 of the body and, when there is one, the query: what the key was used for.
  let fingerprint: Data

  /// Nil when the request brought no key.
  ///
  /// - Throws: a 400 problem when the key is not 1 to 255 characters of printable ASCII.
  init?(of call: Call, body: ByteBuffer) throws {
    guard let header = call.headers[.idempotencyKey] else { return nil }
    guard let text = Self.text(header) else {
      throw Problem.badRequest("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    }
    var hash = SHA256()
    hash.update(data: body.readableBytesView)
    if let query = call.rawQuery { hash.update(data: Array("?\(query)".utf8)) }
    subject = call.principal.subject
    method = call.method.rawValue
    path = call.path
    self.text = text
    fingerprint = Data(hash.finalize())
  }

  /// The draft asks for a quoted string (RFC 8941); most clients send the bare text. Both name the same key.
  private static func text(_ header: String) -> String? {
    var text = Substring(header)
    if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
    guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { return nil }
    return String(text)
  }
}
