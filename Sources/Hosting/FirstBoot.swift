import Foundation

/// Whether a service may start with an empty store: `WAYBILL_FIRST_BOOT`.
///
/// A service whose store was lost, or looked for in the wrong place, starts empty and answers as if nothing had ever
/// been: the worst way to fail. Where stores are restored before the start, 0 makes that an error.
public struct FirstBoot: Sendable {
  private let mayBeEmpty: Bool

  /// - Throws: `SettingError` when it is neither 0 nor 1. Absent, an empty store is as good as any.
  public init(_ settings: Settings) throws(SettingError) {
    mayBeEmpty = try settings.integer("WAYBILL_FIRST_BOOT", default: 1, in: 0...1) == 1
  }

  /// - Throws: `SettingError` when `service` has no store in `folder` and may not begin a new one.
  public func check(_ service: String, in folder: String) throws(SettingError) {
    let file = "\(folder)/\(service).sqlite"
    guard !mayBeEmpty, !Self.holdsAnything(file) else { return }
    throw SettingError(
      key: "WAYBILL_FIRST_BOOT",
      expected: """
        1 to start \(service) without a store, and is 0: there is no \(file). Restore it from its replica or a \
        backup, or correct WAYBILL_DATA; only the very first start of a service may be empty
        """)
  }

  private static func holdsAnything(_ file: String) -> Bool {
    let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
    return (size ?? 0) > 0
  }
}
