import GRDB

/// What can be wrong with a store as a whole.
public enum StoreError: Error, Hashable, CustomStringConvertible {
  /// Another process owns the file. `owner` is its process id, when it could be read.
  case inUse(file: String, owner: Int32?)
  /// The file was written by a newer version of this program.
  case newerSchema(file: String)
  case cannotOpen(file: String, reason: String)
  /// The disk is full, broken or read-only: nothing of the unit of work took place.
  case unavailable(reason: String)
  /// Another instance may have taken this one's place: what is decided here would be lost.
  case leaseOver
  case closed

  public var description: String {
    switch self {
    case .inUse(let file, let owner):
      let who = owner.map { "process \($0)" } ?? "another process"
      return "\(file) is in use by \(who). One process owns a store: stop it, or choose another "
        + "folder with WAYBILL_DATA."
    case .newerSchema(let file):
      return "\(file) was written by a newer version of waybill. Run that version, or restore a backup "
        + "made before the upgrade."
    case .cannotOpen(let file, let reason):
      return "\(file) cannot be opened: \(reason). Check that its folder exists and may be written to."
    case .unavailable(let reason):
      return "The store cannot be written to: \(reason). Nothing was changed; free the disk or repair it, "
        + "and try again."
    case .leaseOver:
      return "The lease of this instance is over (WAYBILL_LEASE), and another may have taken its place. "
        + "Nothing was changed; ask again."
    case .closed:
      return "The store is closed."
    }
  }
}

extension DatabaseError {
  /// What SQLite says of it, with its code: "disk I/O error" alone has thirty causes
  /// (https://www.sqlite.org/rescode.html).
  var reason: String {
    "\(message ?? "an error without words") (SQLite \(extendedResultCode.rawValue))"
  }

  /// True when the disk, not the statement, is at fault: the same unit of work may succeed later.
  var isStorageTrouble: Bool {
    switch resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY,
      .SQLITE_CANTOPEN, .SQLITE_NOMEM, .SQLITE_BUSY, .SQLITE_PROTOCOL:
      true
    default: false
    }
  }
}
