import Testing

@testable import Simulators

/// JSON as RFC 8259 has it: what is read, what is not, and what is written.
@Suite struct ReadingJSON {
  private func read(_ text: String) throws(JSONParser.Fault) -> JSONValue {
    try JSONParser.parse(Array(text.utf8))
  }

  @Test(
    arguments: [
      ("null", .null), (" true\n", true), ("false", false), ("0", 0), ("-17", -17), ("1.5", .number(1.5)),
      ("-2.5e-1", .number(-0.25)), ("1E2", 100), ("3.0", 3), ("9223372036854775807", .integer(.max)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)), (#""""#, ""), (#""é😀""#, "é😀"),
      (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u00e9\uD83D\ude00\u0000""#, "é😀\u{0}"),
      ("[]", []), ("[ 1 , [2] ]", [1, [2]]), ("{}", .object([])),
      (#"{"b":1,"a":{"b":[null]}}"#, ["b": 1, "a": ["b": [nil]]]),
    ] as [(String, JSONValue)])
  func `reads a value as it is, in order`(_ text: String, _ value: JSONValue) throws {
    #expect(try read(text) == value)
    #expect(try JSONParser.parse(value.bytes) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "01", "-", "+1", ".5", "1.", "1e", "1e400", "NaN", "'a'", #"""#, #""a"#,
    "\"a\nb\"", #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\n""#, #""\ud800\ud800""#, #""\udc00""#,
    "\"\\", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", #"{"a""#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}",
    "{1:1}", "[}", "1 1", "[]]", "\u{FEFF}1", "// a\n1", "\u{0}",
  ])
  func `refuses what is nearly JSON`(_ text: String) {
    #expect(throws: JSONParser.Fault.self) { try read(text) }
  }

  @Test(
    arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]])
  func `refuses what is not UTF-8`(_ bytes: [UInt8]) {
    #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(bytes) }
  }

  @Test func `refuses what is nested too deep`() throws {
    let deepest = JSONParser.deepest
    func nested(_ depth: Int) -> String {
      String(repeating: #"{"a":["#, count: depth / 2) + String(repeating: "]}", count: depth / 2)
    }
    _ = try read(nested(deepest))
    #expect(throws: JSONParser.Fault.self) { try read(nested(deepest + 2)) }
    #expect(throws: JSONParser.Fault.self) { try read(String(repeating: "[", count: 1_000_000)) }
  }

  @Test func `of two members of one name the last counts`() throws {
    #expect(try read(#"{"a":1,"b":2,"a":3}"#)["a"] == 3)
  }
}
