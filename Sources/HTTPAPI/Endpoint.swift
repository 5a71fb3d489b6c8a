import HTTPTypes
import Hummingbird
import Logging
import Tracing

/// One route, from the request's arrival to the answer: names it, traces it, measures it, logs it, and
/// makes a problem of whatever is thrown.
///
/// One layer does all of it, instead of a middleware for each: every layer is a closure, an `await` and
/// some allocations on each request.
struct Endpoint: HTTPResponder {
  typealias Context = ConnectionContext
  typealias Answer = @Sendable (Request, Context, RequestIdentity) async throws -> Reply

  private let operation: String
  private let route: String
  private let metrics: RequestMetrics
  private let streams: OpenStreams
  private let answer: Answer

  /// - Parameter route: the path's template.
  init(service: String, method: String, route: String, answer: @escaping Answer) {
    operation = "\(method) \(route)"
    self.route = route
    metrics = RequestMetrics(service: service, route: route)
    streams = OpenStreams(service: service, route: route)
    self.answer = answer
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    let arrival = ContinuousClock.now
    let identity = RequestIdentity(request.headers)
    let trace = identity.context(continuing: request.headers)
    var response = try await withSpan(operation, context: trace, ofKind: .server) { span in
      let response = try await outcome(of: request, context, identity)
      if span.isRecording { describe(request, response, in: span) }
      return response
    }
    identity.sign(&response)
    let duration = ContinuousClock.now - arrival
    metrics.record(request.method, response.status, after: duration)
    log(request, response, duration, identity, context.logger)
    return response
  }

  /// - Throws: only when nobody is left to be answered.
  private func outcome(
    of request: Request, _ context: Context, _ identity: RequestIdentity
  ) async throws -> Response {
    do {
      return try await answer(request, context, identity).response { stream in
        stream.body(of: request, in: context, streams: streams)
      }
    } catch let broken as IncomingBody.Broken {
      throw broken.reason
    } catch {
      return try Problem(answering: error, requestID: identity.requestID, logger: context.logger).response()
    }
  }

  private func describe(_ request: Request, _ response: Response, in span: any Span) {
    span.attributes["http.request.method"] = request.method.rawValue
    span.attributes["http.route"] = route
    span.attributes["http.response.status_code"] = response.status.code
    if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
  }

  /// Success is told by the metrics; what a client does wrong is worth a line, without its body or token.
  private func log(
    _ request: Request, _ response: Response, _ duration: Duration, _ identity: RequestIdentity,
    _ logger: Logger
  ) {
    let level: Logger.Level = response.status.code < 400 ? .debug : .info
    logger.log(
      level: level, "Answered a request",
      metadata: [
        "http.method": "\(request.method)", "http.route": "\(route)",
        "http.status": "\(response.status.code)", "http.duration": "\(duration)",
        "request.id": "\(identity.requestID)", "correlation.id": "\(identity.correlationID)",
      ])
  }
}
