import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `POST /graphql`: GraphQL over HTTP, with whatever misfortune the behaviour has in store.
struct GraphQLEndpoint: Sendable {
  private static let largestRequest = 32 << 20
  private static let longestHang = Duration.seconds(600)

  let state: TargetState
  private let documents = KnownDocuments()

  init(state: TargetState) { self.state = state }

  func answer(_ request: Request, _ context: SimulatorContext) async throws -> Response {
    let treatment = state.arrive(showing: request.bearerToken, now: Date())
    switch treatment {
    case .refused(.closing): try await drop(context)
    case .refused(.unavailable): return counted(failure(.serviceUnavailable, "This server is not available."))
    case .unauthorised:
      var response = failure(.unauthorized, "A bearer token is needed, and the right one.")
      response.headers[.wwwAuthenticate] = "Bearer"
      return counted(response)
    case .throttled(let verdict):
      var response = failure(.tooManyRequests, "Too many requests: try again after \(verdict.wait) s.")
      response.headers[.retryAfter] = "\(verdict.wait)"
      return counted(limited(response, verdict))
    case .admitted(let misfortune, let latency, let verdict):
      if latency > .zero { try await pause(latency, context) }
      return limited(try await serve(request, context, misfortune), verdict)
    }
  }

  private func serve(
    _ request: Request, _ context: SimulatorContext, _ misfortune: Misfortune?
  ) async throws -> Response {
    switch misfortune {
    case nil: return counted(try await execute(request))
    case .serverError(let status): return counted(failure(.init(code: status), "Something went wrong here."))
    case .droppedBefore: try await drop(context)
    case .droppedAfter:
      _ = try await execute(request)
      try await drop(context)
    case .hanging:
      _ = try await execute(request)
      state.count("hung")
      try await pause(Self.longestHang, context)
      try await context.drop()
    case .garbage:
      _ = try await execute(request)
      return counted(
        Answer.bytes(ByteBuffer(string: "{\"data\":{\"create<html>"), .ok, type: "application/json"))
    case .bigAnswer: return counted(try await execute(request, isBig: true))
    }
  }

  private func execute(_ request: Request, isBig: Bool = false) async throws -> Response {
    guard let format = GraphQLFormat(request) else {
      return failure(.notAcceptable, "Answers are application/json or application/graphql-response+json.")
    }
    guard request.hasJSON else { return failure(.unsupportedMediaType, "Send application/json.") }
    guard let json = try await request.json(limit: Self.largestRequest) else {
      return failure(.badRequest, "The body is not JSON.")
    }
    do throws(MalformedRequest) {
      return respond(
        try GraphQLRequest(json), format, key: request.headers[.idempotencyKey], isBig: isBig)
    } catch {
      return failure(.badRequest, error.message)
    }
  }

  private func respond(_ request: GraphQLRequest, _ format: GraphQLFormat, key: String?, isBig: Bool)
    -> Response
  {
    let plan: Plan
    do {
      plan = try Planner.plan(request, .events(nonNull: state.behaviour.nonNull), documents)
    } catch {
      return format.refuse(error.errors)
    }
    do throws(Execution.Refusal) {
      return format.answer(try state.execute(plan, key: key, now: Date()), isBig: isBig)
    } catch {
      return switch error {
      case .poison:
        failure(.badRequest, "One of the events is refused, and with it the whole request.", .refused)
      case .keyTaken: failure(.unprocessableContent, "The Idempotency-Key has been used for other events.")
      }
    }
  }

  private func failure(
    _ status: HTTPResponse.Status, _ message: String, _ code: GraphQLError.Code = .input
  ) -> Response {
    Answer.json(["errors": [GraphQLError(message: message, code: code).json]], status)
  }

  private func limited(_ response: Response, _ verdict: RateLimit.Verdict?) -> Response {
    guard let verdict else { return response }
    var response = response
    response.headers[.rateLimit] = verdict.header
    response.headers[.rateLimitPolicy] = verdict.policy
    return response
  }

  private func counted(_ response: Response) -> Response {
    state.count("\(response.status.code)")
    return response
  }

  private func drop(_ context: SimulatorContext) async throws -> Never {
    state.count("dropped")
    try await context.drop()
  }

  /// Waits, but not longer than the server lives.
  private func pause(_ duration: Duration, _ context: SimulatorContext) async throws {
    do {
      try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
    } catch is CancellationError {
      try await context.drop()
    }
  }
}
