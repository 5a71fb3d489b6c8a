/// A text that is the same as another when its bytes are. To `String`, é is é, however it is composed; to those who
/// send ids, they are two.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (one: ExactText, other: ExactText) -> Bool {
    one.text == other.text && one.text.utf8.elementsEqual(other.text.utf8)
  }

  // The same bytes are the same text, so the hash of the text will do.
  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
