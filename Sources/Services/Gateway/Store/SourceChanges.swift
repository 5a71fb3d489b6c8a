import Storage

/// What operators do with sources.
enum SourceChanges {
  /// For how long a replaced credential goes on counting, unless said otherwise.
  static let standardOverlap = Duration.days(1)
  /// In seconds.
  static let longestOverlap = 90 * 86_400
}

extension UnitOfWork {
  func addSource(
    _ name: String, brand: String, _ kind: Credential.Kind, given: String? = nil
  ) throws -> IssuedCredential {
    let source = try Source.create(name, brand: brand, at: now)
    try insert(source)
    return try issue(kind, for: source, overlap: .zero, given: given)
  }

  /// - Parameter kind: what it had, unless said otherwise; a key for one that had nothing.
  func rotateSource(
    _ id: String, _ kind: Credential.Kind?, overlap: Duration, given: String? = nil
  ) throws -> IssuedCredential {
    let source = try Source.find(id, in: database)
    if source.isDisabled { throw SourceError.disabled(id) }
    let newest = try CredentialRecord.all(in: database).last { $0.source == id }
    return try issue(kind ?? newest?.kind ?? .key, for: source, overlap: overlap, given: given)
  }

  func disableSource(_ id: String, _ isDisabled: Bool) throws -> SourceAnswer {
    try disable(Source.find(id, in: database), isDisabled)
    return SourceAnswer(
      try Source.find(id, in: database), try CredentialRecord.all(in: database), at: now)
  }

  private func issue(
    _ kind: Credential.Kind, for source: Source, overlap: Duration, given: String?
  ) throws -> IssuedCredential {
    let secret = try issueCredential(kind, for: source.id, overlap: overlap, given: given)
    return IssuedCredential(
      source: SourceAnswer(source, try CredentialRecord.all(in: database), at: now), secret: secret)
  }
}
