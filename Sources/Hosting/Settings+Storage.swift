import Storage

extension Settings {
  /// `STORE_CHECKPOINTS`: `external` beside a replicator such as Litestream.
  func storeCheckpoints() throws(SettingError) -> Checkpoints {
    guard let text = text("STORE_CHECKPOINTS") else { return .own }
    guard let checkpoints = Checkpoints(rawValue: text) else {
      throw SettingError(
        key: "STORE_CHECKPOINTS",
        expected: "one of \(Checkpoints.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return checkpoints
  }
}
