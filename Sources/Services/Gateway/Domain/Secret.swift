/// Something that nobody may see by accident: not in a log, not in an error, not in a dump.
struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// In clear.
  let text: String

  init(_ text: String) {
    self.text = text
  }

  var description: String { "a secret" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
