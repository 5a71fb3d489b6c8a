import HTTPTypes
public import Hummingbird
import NIOCore

/// What is known of a request beside the request itself: its parameters, and the connection it came over.
public struct ConnectionContext: RequestContext {
  public var coreContext: CoreRequestContextStorage
  let channel: any Channel

  public init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// Who is at the other end: of the connection, or of the outermost of so many trusted proxies.
  ///
  /// Each proxy appends the address it was asked from, so that whatever a client writes into the header itself
  /// stands further to the left.
  func remoteAddress(of request: Request, trustedProxies: Int) -> String? {
    let own = channel.remoteAddress?.ipAddress
    guard trustedProxies > 0, let header = request.headers[.forwardedFor] else { return own }
    // An empty place is a place: leaving it out would move one that a client wrote into it.
    let hops = header.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimming(while: { $0 == " " || $0 == "\t" })
    }
    guard hops.count >= trustedProxies else { return own }
    let address = String(hops[hops.count - trustedProxies])
    return (try? SocketAddress(ipAddress: address, port: 0)) == nil ? own : address
  }
}

extension HTTPField.Name {
  static let forwardedFor = HTTPField.Name("x-forwarded-for")!
}

extension Substring {
  fileprivate func trimming(while isPadding: (Character) -> Bool) -> Substring {
    guard let first = firstIndex(where: { !isPadding($0) }), let last = lastIndex(where: { !isPadding($0) })
    else { return "" }
    return self[first...last]
  }
}
