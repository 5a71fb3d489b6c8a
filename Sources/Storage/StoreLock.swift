import Foundation

/// The right to a store's file, held by one process at a time through an advisory lock on a file beside it.
///
/// The kernel lets go of it when the process ends, however it ends: there is nothing stale to clean up.
struct StoreLock: ~Copyable {
  private let descriptor: Int32

  init(besides file: String) throws(StoreError) {
    let path = file + ".lock"
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw .cannotOpen(file: path, reason: String(cString: strerror(errno)))
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let owner = Self.owner(written: opened)
      close(opened)
      throw .inUse(file: file, owner: owner)
    }
    // Set last: a value that is whole when its initializer throws is deinitialized, and would close once more.
    descriptor = opened
    let text = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  deinit {
    close(descriptor)
  }

  private static func owner(written descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes.prefix(count), as: UTF8.self).prefix { $0 != "\n" })
  }
}
