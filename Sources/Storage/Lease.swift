import Foundation

/// The right to commit and to publish, which ends at a moment that whoever renews it writes into a file.
///
/// A process that was paused for longer, and wakes up beside its successor, finds it over. The moment is counted in
/// milliseconds of this machine's uptime: no clock that can be set, and one that goes on while the machine sleeps.
public struct Lease: Sendable {
  private let file: String

  public init(file: String) {
    self.file = file
  }

  /// - Throws: ``StoreError/leaseOver``, also when the file cannot be read.
  public func check() throws(StoreError) {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let end = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)), Self.uptime < end
    else { throw .leaseOver }
  }

  private static var uptime: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
