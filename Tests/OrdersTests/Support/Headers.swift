import HTTPTypes

extension HTTPField.Name {
  static let replayed = HTTPField.Name("idempotency-replayed")!
}
