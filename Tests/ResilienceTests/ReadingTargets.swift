import Foundation
import Resilience
import Testing

/// What a limiter reads from a target's responses.
@Suite struct ReadingTargets {
  /// Sun, 06 Nov 1994 08:49:30 GMT.
  let now = Date(timeIntervalSince1970: 784_111_770)

  private func header(_ fields: [String: String]) -> [RateLimitHeader.Quota] {
    let fields = Dictionary(uniqueKeysWithValues: fields.map { ($0.lowercased(), $1) })
    return RateLimitHeader(fields: { fields[$0.lowercased()] }, now: now).quotas
  }

  @Test(arguments: [
    ("7", Duration.seconds(7)), ("0", .zero), (" 120 ", .seconds(120)), ("1.5", .milliseconds(1500)),
    ("0.0000000019", .nanoseconds(1)), ("31536001", .seconds(31_536_000)),
    ("99999999999999999999999", .seconds(31_536_000)),
    ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(7)),
    ("Sunday, 06-Nov-94 08:49:37 GMT", .seconds(7)),
    ("Sun Nov  6 08:49:37 1994", .seconds(7)),
    ("Sun, 06 Nov 1994 08:49:29 GMT", .zero),
    ("Thu, 01 Jan 1970 00:00:00 GMT", .zero),
    ("Mon, 07 Nov 1994 08:49:30 GMT", .seconds(86_400)),
    ("Tuesday, 01-Feb-00 00:00:00 GMT", .seconds(31_536_000)),
    ("Saturday, 06-Nov-93 08:49:37 GMT", .zero),
    ("Sun, 06 Nov 1994 08:49:60 GMT", .seconds(30)),
  ])
  func `reads when to come again`(text: String, delay: Duration) {
    #expect(RetryAfter(text: text, now: now)?.delay == delay)
  }

  @Test func `counts a date to the millisecond`() {
    for milliseconds in 0..<1000 {
      let now = now.addingTimeInterval(Double(milliseconds) / 1000)
      let delay = RetryAfter(text: "Sun, 06 Nov 1994 08:49:37 GMT", now: now)?.delay
      #expect(delay == .milliseconds(7000 - milliseconds))
    }
  }

  @Test func `a year of two digits is none that is more than fifty years ahead`() {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    #expect(RetryAfter(text: "Sunday, 06-Nov-94 08:49:37 GMT", now: now)?.delay == .zero)
    #expect(RetryAfter(text: "Tuesday, 06-Nov-29 08:49:37 GMT", now: now)?.delay == .seconds(31_536_000))
  }

  @Test(arguments: [
    "", " ", "soon", "-1", "+1", "1e3", "0x10", "1.", ".5", "1 2", "٣", "1,2", "Sun, 06 Nov 1994", "NaN",
    "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19941994 08:49:37 GMT",
  ])
  func `anything else says nothing`(text: String) {
    #expect(RetryAfter(text: text, now: now) == nil)
  }

  @Test func `reads the quotas of the draft`() {
    #expect(
      header(["RateLimit": #""default";r=50;t=30"#]) == [
        .init(policy: "default", remaining: 50, reset: .seconds(30))
      ])
    #expect(
      header(["ratelimit": #" "a\"b" ; r=0;t=5 , day;x;r=7;t=9;y=1.5;z=:aGk=:;q=?1;p="s""#]).isEmpty)
    #expect(
      header(["ratelimit": #" "a\"b"; r=0;t=5 , day;x;r=7;t=9;y=1.5;z=:aGk=:;q=?1;p="s""#]) == [
        .init(policy: "a\"b", remaining: 0, reset: .seconds(5)),
        .init(policy: "day", remaining: 7, reset: .seconds(9)),
      ])
  }

  @Test func `takes the window for a reset that is not told, and leaves out what are no requests`() {
    let quotas = header([
      "RateLimit": #""burst";r=3,"bytes";r=9000;t=1,"requests";r=4;t=2,"unknown";r=5"#,
      "RateLimit-Policy":
        #""burst";q=10;w=60,"bytes";q=65536;w=10;qu="content-bytes","requests";q=5;w=5;qu="requests""#,
    ])
    #expect(
      quotas == [
        .init(policy: "burst", remaining: 3, reset: .seconds(60)),
        .init(policy: "requests", remaining: 4, reset: .seconds(2)),
      ])
  }

  @Test(arguments: [
    #""default";r=50;t=30,"#, #""default";r=50;t=30;"#, #""default;r=50;t=30"#, #""default";r=;t=30"#,
    #""default";R=50;t=30"#, #"("a" "b");r=1;t=1"#, "50;t=30", #""d";r=-1;t=30"#, #""d";r=1.5;t=30"#,
    #""d";r="1";t=30"#, #""d" r=1;t=30"#, #""d";r=1234567890123456;t=1"#, "", ",", "\"\u{e9}\";r=1;t=1",
    #""d";t=30"#, #""d";r=1"#, #""d";r=1;t=1;z=:a"#, #""d";r=1;t=1;z=?2"#, #""d";r=1;t=1;z=1.2345"#,
  ])
  func `a field with a mistake says nothing`(field: String) {
    #expect(header(["RateLimit": field]).isEmpty)
  }

  @Test(arguments: [
    ["RateLimit": "limit=100, remaining=50, reset=30"],
    ["RateLimit": "limit=100,remaining=50;x=1 ,reset=30"],
    ["RateLimit-Limit": "100", "RateLimit-Remaining": "50", "RateLimit-Reset": "30"],
    ["X-RateLimit-Remaining": "50", "X-RateLimit-Reset": "30"],
    ["X-RateLimit-Remaining": " 50 ", "X-RateLimit-Reset": "30.0"],
    ["X-Rate-Limit-Remaining": "50", "X-Rate-Limit-Reset": "30"],
    ["RateLimit": "broken;;", "X-RateLimit-Remaining": "50", "X-RateLimit-Reset": "30"],
    ["RateLimit-Remaining": "50", "RateLimit-Reset": "30", "X-RateLimit-Remaining": "1"],
  ])
  func `reads the older fields`(fields: [String: String]) {
    #expect(header(fields) == [.init(remaining: 50, reset: .seconds(30))])
  }

  @Test func `a reset that is a moment is counted from now`() {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    for reset in ["1800000030", "1800000030000"] {
      let fields = ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset]
      let read = RateLimitHeader(fields: { fields[$0] }, now: now)
      #expect(read.quotas == [.init(remaining: 0, reset: .seconds(30))])
    }
    let past = ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1799999999"]
    let read = RateLimitHeader(fields: { past[$0] }, now: now)
    #expect(read.quotas == [.init(remaining: 0, reset: .zero)])
  }

  @Test(arguments: [
    [:], ["RateLimit-Remaining": "50"], ["RateLimit-Reset": "50"],
    ["X-RateLimit-Remaining": "-5", "X-RateLimit-Reset": "3"],
    ["X-RateLimit-Remaining": "", "X-RateLimit-Reset": ""],
    ["RateLimit": "limit=100, remaining=50"], ["RateLimit": "remaining=x, reset=3"],
  ])
  func `without both numbers there is no quota`(fields: [String: String]) {
    #expect(header(fields).isEmpty)
  }
}
