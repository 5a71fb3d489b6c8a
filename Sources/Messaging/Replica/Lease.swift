import Foundation

/// The right to publish, which ends at a moment that whoever renews it writes into a file.
///
/// A process that was paused for longer, and wakes up beside its successor, finds it over. The moment is counted in
/// milliseconds of this machine's uptime: no clock that can be set, and one that goes on while the machine sleeps.
public struct Lease: Sendable {
  private let file: String

  public init(file: String) {
    self.file = file
  }

  /// - Throws: ``LeaseOver``, also when the file cannot be read.
  func check() throws(LeaseOver) {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let end = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)), Self.uptime < end
    else { throw LeaseOver() }
  }

  private static var uptime: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

struct LeaseOver: Error, CustomStringConvertible {
  var description: String {
    "the lease of this instance is over (WAYBILL_LEASE): another may have taken its place"
  }
}
