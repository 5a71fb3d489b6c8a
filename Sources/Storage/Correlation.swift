public import ServiceContextModule

private enum CorrelationKey: ServiceContextKey {
  typealias Value = String
  static var nameOverride: String? { "correlation.id" }
}

private enum CausationKey: ServiceContextKey {
  typealias Value = String
  static var nameOverride: String? { "causation.id" }
}

extension ServiceContext {
  /// The one story that this work belongs to: the same from the first request through every event it led to.
  public var correlationID: String? {
    get { self[CorrelationKey.self] }
    set { self[CorrelationKey.self] = newValue }
  }

  /// The event that led to this work; nil when a request did.
  public var causationID: String? {
    get { self[CausationKey.self] }
    set { self[CausationKey.self] = newValue }
  }
}
