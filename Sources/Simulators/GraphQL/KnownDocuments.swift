import Synchronization

/// The valid documents that have come lately: a client sends the same few again and again, with other variables.
final class KnownDocuments: Sendable {
  private static let most = 256
  private static let longest = 1 << 16

  private let contents = Mutex<[ExactText: Document]>([:])

  /// Reads `text`, unless it is known.
  /// - Parameter schema: what it must keep to. Two schemas that differ in what they promise, and not in what they
  ///   ask for, may share what is known.
  func document(_ text: String, _ schema: Schema) throws(Planner.Refusal) -> Document {
    if let known = contents.withLock({ $0[ExactText(text)] }) { return known }
    let document: Document
    do {
      document = try Parser.parse(text)
    } catch {
      throw Planner.Refusal(errors: [error.error(in: text)])
    }
    let faults = Validator.faults(in: document, schema)
    guard faults.isEmpty else { throw Planner.Refusal(errors: faults.map { $0.error(in: text) }) }
    guard text.utf8.count <= Self.longest else { return document }
    contents.withLock { documents in
      if documents.count >= Self.most { documents.removeAll(keepingCapacity: true) }
      documents[ExactText(text)] = document
    }
    return document
  }
}
