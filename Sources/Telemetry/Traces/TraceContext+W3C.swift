extension TraceContext {
  /// The `traceparent` header, version 00: `00-<trace id>-<span id>-<flags>`.
  ///
  /// Of the flags only `sampled` is known to version 00; the others must be sent as zero.
  public var traceparent: String {
    "00-\(traceID)-\(spanID)-\(sampled ? "01" : "00")"
  }

  /// Reads the two headers; nil when `traceparent` is not what the Recommendation allows.
  ///
  /// A later version than 00 may append fields after a dash; its first four are read as ours.
  /// A `tracestate` that cannot be carried safely is dropped, and the trace goes on without it.
  public init?(traceparent: String, tracestate: String? = nil) {
    let bytes = Array(traceparent.utf8)
    let dash = UInt8(ascii: "-")
    guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
      let version = Hex.number(bytes[0..<2]), version != 0xff,
      bytes.count == 55 || (version > 0 && bytes[55] == dash),
      let traceID = TraceID(digits: bytes[3..<35]),
      let spanID = SpanID(digits: bytes[36..<52]),
      let flags = Hex.number(bytes[53..<55])
    else { return nil }
    self.init(
      traceID: traceID, spanID: spanID, sampled: flags & 1 == 1,
      traceState: tracestate.flatMap(Self.carried))
  }

  /// The header as it came, or nil when it is empty, too long or not a list of `key=value`.
  ///
  /// Only printable ASCII and the tab pass: it is written into headers again, where a line break would
  /// start a header of the sender's choosing. The list has at most 32 members.
  private static func carried(_ tracestate: String) -> String? {
    guard (1...4096).contains(tracestate.utf8.count),
      tracestate.utf8.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 0x09 })
    else { return nil }
    let members = tracestate.split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }
      .filter { !$0.isEmpty }
    guard (1...32).contains(members.count),
      members.allSatisfy({ $0.dropFirst().contains("=") && $0.first != "=" })
    else { return nil }
    return tracestate
  }
}
