import Foundation

/// A file that nobody but its owner can read. SQLite gives the files beside a database the mode of that file.
enum PrivateFile {
  static func make(at path: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
      throw .cannotOpen(file: path, reason: String(cString: strerror(errno)))
    }
    close(descriptor)
  }
}
