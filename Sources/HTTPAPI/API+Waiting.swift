import Foundation
public import HTTPTypes
import Hummingbird
public import Storage

extension API {
  /// A request that is decided in one unit of work, and answered when what that set going has come far enough.
  ///
  /// With an `Idempotency-Key` it is the decision that is remembered: the same request finds it, and is answered
  /// as things stand then.
  ///
  /// - Parameters:
  ///   - decision: as in ``decide(_:_:scope:_:_:)``; gives what the answer needs to know.
  ///   - answer: outside of the unit of work; may wait.
  public func decide<Body: Decodable & Sendable, Decided: Codable & Sendable>(
    _ method: HTTPRequest.Method, _ path: String, scope: Scope, _ body: Body.Type,
    _ decision: @escaping @Sendable (Call, Body, UnitOfWork) throws -> Decided,
    answer: @escaping @Sendable (Call, Decided) async throws -> Reply
  ) {
    add(method, path, scope) { [store, bodyLimit] call, request, _ in
      let bytes = try await IncomingBody.readJSON(request, limit: bodyLimit)
      let body = try JSON.decode(Body.self, from: bytes)
      guard let key = try IdempotencyKey(of: call, body: bytes) else {
        return try await answer(call, try await store.write { try decision(call, body, $0) })
      }
      let remembered = try await store.write { work in
        try work.once(key) { Reply(.accepted, json: try decision(call, body, work)) }
      }
      let decided = try JSON.decoder.decode(
        Decided.self, from: Data(try remembered.bytes().readableBytesView))
      var reply = try await answer(call, decided)
      reply.headers[.idempotencyReplayed] = remembered.headers[.idempotencyReplayed]
      return reply
    }
  }
}
