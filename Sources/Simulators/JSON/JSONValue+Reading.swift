import NIOCore

extension JSONValue {
  init(parsing buffer: ByteBuffer) throws(JSONParser.Fault) {
    self = try JSONParser.parse(Array(buffer.readableBytesView))
  }
}
