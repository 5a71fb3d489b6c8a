import Foundation
import Synchronization

/// Where log lines go: one call a line, with its newline, in UTF-8.
public struct LogOutput: Sendable {
  let write: @Sendable (_ line: [UInt8]) -> Void

  /// An output of the caller's own; called from many threads at once.
  public init(_ write: @escaping @Sendable (_ line: [UInt8]) -> Void) {
    self.write = write
  }

  public static let standardOutput = LogOutput(descriptor: STDOUT_FILENO)
  public static let standardError = LogOutput(descriptor: STDERR_FILENO)

  init(descriptor: Int32) {
    let writer = DescriptorWriter(descriptor: descriptor)
    self.init { writer.write($0) }
  }
}

/// One write(2) a line. The lock is for what the kernel does not promise: a pipe takes no more than
/// 4096 bytes in one piece, and a full pipe takes part of a line.
private final class DescriptorWriter: Sendable {
  private let descriptor: Int32
  private let turn = Mutex(())

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  func write(_ line: [UInt8]) {
    turn.withLock { _ in
      var rest = line
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, rest, rest.count)
        if written >= 0 {
          rest.removeFirst(written)
        } else if errno == EAGAIN {
          // Somebody who shares the terminal or pipe made it non-blocking.
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
        } else if errno != EINTR {
          // The reader is gone or the disk is full, and the log is where that would be told.
          return
        }
      }
    }
  }
}
