import Hummingbird
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why a server could not listen.
public enum ServerError: Error, Hashable, CustomStringConvertible {
  case portInUse(host: String, port: Int, setting: String)
  case cannotListen(host: String, port: Int, setting: String, reason: String)

  public var description: String {
    switch self {
    case .portInUse(let host, let port, let setting):
      "Port \(port) on \(host) is in use by another program. Stop that program, or choose another port "
        + "with \(setting)."
    case .cannotListen(let host, let port, let setting, let reason):
      "Cannot listen on \(host), port \(port): \(reason). The port is chosen with \(setting)."
    }
  }
}

/// A Hummingbird application whose failure to listen says what to do about it.
struct HTTPServer<App: ApplicationProtocol>: Service {
  let application: App
  let host: String
  let port: Int
  let setting: String

  func run() async throws {
    do {
      try await application.run()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw ServerError.portInUse(host: host, port: port, setting: setting)
    } catch let error as IOError {
      let reason = String(cString: strerror(error.errnoCode))
      throw ServerError.cannotListen(host: host, port: port, setting: setting, reason: reason)
    }
  }
}
