import Contracts
import Foundation

/// What the target's answer to one request means for each of its events.
enum TargetAnswer: Hashable, Sendable {
  /// One verdict for each event, in the order of the request.
  case answered([Verdict])
  /// It was not executed, because it came too soon.
  case throttled(reason: String, status: Int)
  /// It failed as a whole: one of its events may be the reason, or anything else.
  case refused(Refusal)
  /// Nobody knows what became of it, and no event of it is to blame.
  case failed(reason: String, status: Int?, excerpt: String?)

  enum Verdict: Hashable, Sendable {
    case delivered(answer: String)
    case refused(Refusal)
    /// May have been executed or not.
    case unknown
    /// Was not executed, because it came too soon.
    case throttled(reason: String)
  }

  struct Refusal: Hashable, Sendable {
    let reason: String
    let status: Int
    let excerpt: String
    /// Trying again cannot help.
    let isPermanent: Bool
  }

  static let longestExcerpt = 300
}

extension TargetAnswer {
  /// - Parameters:
  ///   - status: of the HTTP answer.
  ///   - isTimed: whether the answer said how long to wait.
  ///   - ids: of the events of the request, in its order.
  static func read(status: Int, isTimed: Bool, body: Data, ids: [String]) -> TargetAnswer {
    let excerpt = String(decoding: body.prefix(longestExcerpt), as: UTF8.self)
    if status == 429 || (status == 503 && isTimed) {
      return .throttled(reason: "the target answered \(status)", status: status)
    }
    // Any other status speaks of whoever asks, or of the moment, whatever the body says.
    let isGraphQL = (200..<300).contains(status) || status == 400 || status == 422
    if isGraphQL, let answer = try? JSONDecoder().decode(GraphQLAnswer.self, from: body), answer.isOne {
      return read(answer, status, excerpt, ids)
    }
    switch status {
    case 200..<300:
      return .failed(reason: "the target's answer is not GraphQL", status: status, excerpt: excerpt)
    case 400, 413, 414, 422, 431:
      // What was sent is to blame: a part of it, when there are parts.
      return .refused(
        Refusal(
          reason: "the target answered \(status)", status: status, excerpt: excerpt, isPermanent: true))
    case 500:
      // One event can be enough to break a server.
      return .refused(
        Refusal(reason: "the target answered 500", status: status, excerpt: excerpt, isPermanent: false))
    default:
      return .failed(reason: "the target answered \(status)", status: status, excerpt: excerpt)
    }
  }

  private static func read(
    _ answer: GraphQLAnswer, _ status: Int, _ excerpt: String, _ ids: [String]
  ) -> TargetAnswer {
    let errors = answer.errors ?? []
    guard let data = answer.data else { return readWithoutData(answer, errors, status, excerpt, ids) }
    return .answered(
      ids.enumerated().map { place, id in
        let alias = TargetRequest.alias(place)
        if let created = data[alias] ?? nil {
          guard created.id == id else {
            return .refused(
              Refusal(
                reason: "the target answered for another event", status: status, excerpt: excerpt,
                isPermanent: false))
          }
          return .delivered(answer: #"{"id":"\#(id.prefix(200))"}"#)
        }
        guard
          let error = errors.first(where: { $0.alias == alias }) ?? errors.first(where: { $0.alias == nil })
        else {
          return .refused(
            Refusal(
              reason: "the target said neither that it has the event nor why not", status: status,
              excerpt: excerpt, isPermanent: false))
        }
        return error.verdict(status)
      })
  }

  private static func readWithoutData(
    _ answer: GraphQLAnswer, _ errors: [GraphQLAnswer.Fault], _ status: Int, _ excerpt: String,
    _ ids: [String]
  ) -> TargetAnswer {
    let blamed = ids.indices.map { place in errors.first { $0.alias == TargetRequest.alias(place) } }
    if blamed.contains(where: { $0 != nil }) {
      // The null of a field that may not be null took the others with it: they were executed, or not.
      return .answered(blamed.map { $0?.verdict(status) ?? .unknown })
    }
    guard let error = errors.first else {
      return .failed(reason: "the target answered without data or errors", status: status, excerpt: excerpt)
    }
    switch error.kind {
    case .throttling: return .throttled(reason: "the target answered: \(error.sentence)", status: status)
    case .access:
      return .failed(reason: "the target answered: \(error.sentence)", status: status, excerpt: excerpt)
    case .trouble, .input, .unsaid:
      // A request that was refused before it was executed has no data at all.
      let isPermanent = error.kind == .input || (error.kind == .unsaid && !answer.hasData)
      return .refused(
        Refusal(
          reason: "the target answered: \(error.sentence)", status: status, excerpt: excerpt,
          isPermanent: isPermanent))
    }
  }
}
