import Contracts
import HTTPAPI
import HTTPTypes

extension SourceEvent.Malformed: CustomStringConvertible {
  var description: String { pointer.isEmpty ? "it \(sentence)" : "\(pointer) \(sentence)" }
}

extension SourceEvent {
  static let tooLarge = "as a message it is larger than \(largestMessage) bytes"
}

extension Problem {
  /// 422: kept, because it will not be sent again.
  static func malformed(_ error: SourceEvent.Malformed, rejection: String) -> Problem {
    Problem(
      .unprocessableContent, "event-malformed", title: "This is no event",
      detail: "It was kept as it is: GET /rejections/\(rejection).",
      errors: [Fault(error.pointer, error.sentence)])
  }

  /// 422: each of them was kept.
  static func batchRefused(_ answer: BatchAnswer) -> Problem {
    let faults = answer.items.enumerated().compactMap { place, item in
      item.refusal.map { Fault("/\(place)", "\($0.reason); kept as rejection \($0.rejection)") }
    }
    return Problem(
      .unprocessableContent, "batch-refused", title: "None of these was taken", errors: faults)
  }

  static func tooLarge(limit: Int, rejection: String?) -> Problem {
    Problem(
      .contentTooLarge, "body-too-large", title: "The body is too large",
      detail: "At most \(limit) bytes are read."
        + (rejection.map { " Its beginning was kept: GET /rejections/\($0)." } ?? ""))
  }

  static func idTaken(_ id: SourceEventID, rejection: String) -> Problem {
    .conflict(
      "event-id-taken", title: "Another event has this id",
      detail: "The event \(id) is here with another content. This one was kept: GET /rejections/\(rejection)."
    )
  }
}

extension SourceDirectory.Refusal {
  var problem: Problem {
    switch self {
    case .credentialsMissing:
      Problem(
        .unauthorized, "source-unknown", title: "The source must say who it is",
        detail: "Send Authorization: Bearer <source key>, or the headers of a signed webhook.",
        headers: [.wwwAuthenticate: #"Bearer realm="waybill""#])
    case .unknownKey:
      Problem(
        .unauthorized, "source-unknown", title: "The source must say who it is",
        detail: "The key belongs to no source, or has expired.",
        headers: [.wwwAuthenticate: #"Bearer realm="waybill", error="invalid_token""#])
    case .disabled(let id):
      Problem(
        .forbidden, "source-disabled", title: "The source is disabled",
        detail: "An operator can enable \(id) again.")
    case .signature(let refusal):
      Problem(
        .unauthorized, "signature-refused", title: "The signature is not accepted", detail: refusal.sentence,
        headers: [.wwwAuthenticate: #"Bearer realm="waybill""#])
    }
  }
}

extension WebhookSecret.Refusal {
  /// What is wrong, for the person who set the source up.
  var sentence: String {
    switch self {
    case .headersMissing: "All of webhook-id, webhook-timestamp and webhook-signature are needed."
    case .timestampIsNone: "webhook-timestamp must be a whole number of seconds since 1970."
    case .tooOld: "webhook-timestamp is more than \(WebhookSecret.tolerance.seconds) ago. Is the clock right?"
    case .fromTheFuture:
      "webhook-timestamp is more than \(WebhookSecret.tolerance.seconds) ahead. Is the clock right?"
    case .signatureIsWrong: "None of the signatures was made with a secret of a source here."
    }
  }
}

extension SourceError: ProblemConvertible {
  var problem: Problem {
    switch self {
    case .noName: .invalid("/name", sentence)
    case .noBrand: .invalid("/brand", sentence)
    case .unknown: .notFound(sentence)
    case .taken: .conflict("source-exists", title: "The source exists already", detail: sentence)
    case .disabled: .conflict("source-disabled", title: "The source is disabled", detail: sentence)
    case .weakSecret: .invalid("/secret", sentence)
    case .secretTaken: .conflict("source-exists", title: "The source exists already", detail: sentence)
    }
  }
}

extension Scope {
  static let eventsRead: Scope = "events:read"
  static let sourcesRead: Scope = "sources:read"
  static let sourcesWrite: Scope = "sources:write"
}
