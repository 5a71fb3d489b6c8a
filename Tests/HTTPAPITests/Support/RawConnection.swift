import Dispatch
import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A connection to a port of this machine, byte by byte: for clients that do not behave.
final class RawConnection: Sendable {
  struct Failed: Error {
    let call: String
    let code = errno
  }

  private let descriptor: Int32
  private let queue = DispatchQueue(label: "raw-connection")

  /// - Parameter buffer: how many bytes the system takes for a client that does not read; nil for many.
  init(port: Int, buffer: Int32? = nil) throws {
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { throw Failed(call: "socket") }
    // Before connecting: it decides what is offered to the other side.
    if var buffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, socklen_t(MemoryLayout<Int32>.size))
    }
    var deadline = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failed(call: "connect") }
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let sent = bytes.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { throw Failed(call: "send") }
      bytes = bytes.dropFirst(sent)
    }
  }

  /// What comes until it ends with `end`, or until the other side closes.
  func read(until end: String? = nil) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { [self] in continuation.resume(with: Result { try readNow(until: end) }) }
    }
  }

  private func readNow(until end: String?) throws -> String {
    var received: [UInt8] = []
    // Byte by byte when there is an end to look for: what is behind it is for the next reading.
    var chunk = [UInt8](repeating: 0, count: end == nil ? 1 << 12 : 1)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count >= 0 else { throw Failed(call: "recv") }
      if count == 0 { break }
      received += chunk[..<count]
      if let end, received.suffix(end.utf8.count).elementsEqual(end.utf8) { break }
    }
    return String(decoding: received, as: UTF8.self)
  }

  /// Says that nothing more will be sent, and goes on listening.
  func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Goes away.
  func goAway() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
