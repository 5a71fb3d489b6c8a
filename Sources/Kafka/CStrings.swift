extension String {
  /// What C wrote into a buffer, up to the terminator.
  init(terminated buffer: [CChar]) {
    self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A C string of its own; the caller deallocates.
  func copied() -> UnsafeMutableBufferPointer<CChar> {
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: utf8.count + 1)
    _ = copy.initialize(from: utf8CString)
    return copy
  }
}
