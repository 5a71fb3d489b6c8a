/// The upper bounds of histogram buckets, finite and ascending; the one for infinity is understood.
struct Buckets {
  /// Half a millisecond (a group commit) to a minute (the longest wait for an outside service).
  static let seconds: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  ]

  /// One to 2^20: batch sizes at the lower end, bytes up to a mebibyte at the upper.
  static let powersOfTwo: [Double] = (0...20).map { Double(1 << $0) }

  private let custom: [String: [Double]]

  init(custom: [String: [Double]]) {
    self.custom = custom.mapValues { Set($0.filter(\.isFinite)).sorted() }
  }

  func recorder(_ label: String) -> [Double] { custom[label] ?? Self.powersOfTwo }
  func timer(_ label: String) -> [Double] { custom[label] ?? Self.seconds }
}
