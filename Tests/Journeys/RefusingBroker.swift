import Foundation
import Glibc

/// The least of a broker that asks for SCRAM and lets nobody in: three requests of Kafka's protocol over TCP.
final class RefusingBroker: Sendable {
  let port: Int
  private let listener: Int32

  init() throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && listen(socket, 16) == 0 ? getsockname(socket, $0, &size) : -1
      }
    }
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    port = Int(in_port_t(bigEndian: address.sin_port))
    listener = socket
    Thread {
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        Thread { Self.serve(connection) }.start()
      }
    }.start()
  }

  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
  }

  private static func serve(_ connection: Int32) {
    defer { Glibc.close(connection) }
    while let size = read(4, connection), let request = read(Int(number(size)), connection),
      request.count >= 8
    {
      // Kind and version of the request, then the number that its answer has to bear.
      let correlation = Array(request[4..<8])
      guard let answer = answer(to: request[1], version: request[3]) else { return }
      let message = bytes(Int32(answer.count + 4)) + correlation + answer
      guard send(connection, message, message.count, Int32(MSG_NOSIGNAL)) == message.count else {
        return
      }
    }
  }

  private static func answer(to kind: UInt8, version: UInt8) -> [UInt8]? {
    switch kind {
    case 18:
      // ApiVersions: Metadata, ApiVersions, SaslHandshake, SaslAuthenticate. A version it does not know is error 35.
      let known: [[Int16]] = [[3, 0, 4], [18, 0, 2], [17, 0, 1], [36, 0, 1]]
      let list = known.flatMap { $0.flatMap(bytes) }
      return bytes(Int16(version > 2 ? 35 : 0)) + bytes(Int32(known.count)) + list
        + (version == 1 || version == 2 ? bytes(Int32(0)) : [])
    case 17:
      let mechanism = Array("SCRAM-SHA-512".utf8)
      return bytes(Int16(0)) + bytes(Int32(1)) + bytes(Int16(mechanism.count)) + mechanism
    case 36:
      // Error 58, SASL_AUTHENTICATION_FAILED, as Kafka words it.
      let reason = Array("Authentication failed during authentication due to invalid credentials".utf8)
      return bytes(Int16(58)) + bytes(Int16(reason.count)) + reason + bytes(Int32(0))
        + (version >= 1 ? bytes(Int64(0)) : [])
    default: return nil
    }
  }

  private static func read(_ count: Int, _ connection: Int32) -> [UInt8]? {
    guard (1...1 << 20).contains(count) else { return nil }
    var received = [UInt8](repeating: 0, count: count)
    return recv(connection, &received, count, Int32(MSG_WAITALL)) == count ? received : nil
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  private static func number(_ bytes: [UInt8]) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
