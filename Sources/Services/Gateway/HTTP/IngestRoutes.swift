import Contracts
import HTTPAPI
import HTTPTypes
import Messaging
import NIOCore
import Storage

/// Where sources hand their events over, once: what is answered with 202 is durable, and nothing that happens
/// behind the store, at the broker or at the target, is waited for.
struct IngestRoutes {
  static let mostInBatch = 1000

  let store: Store
  let sources: SourceDirectory
  let isOrdered: Bool

  func register(on api: API) {
    api.openRaw(.post, "/events") { call, body in
      let source = try await sender(of: call, body)
      try await refuseWhatIsCutOff(body, source)
      let event: SourceEvent
      do throws(SourceEvent.Malformed) {
        event = try SourceEvent.read(Array(body.bytes.readableBytesView))
      } catch {
        let rejection = try await store.write {
          try $0.reject(
            body.bytes.readableBytesView, of: source.id, as: .malformed, because: error.description)
        }
        throw Problem.malformed(error, rejection: rejection)
      }
      if event.isTooLarge {
        let rejection = try await store.write {
          try $0.reject(
            body.bytes.readableBytesView, of: source.id, as: .tooLarge, because: SourceEvent.tooLarge)
        }
        throw Problem.tooLarge(limit: SourceEvent.largestMessage, rejection: rejection)
      }
      let arrival = try Arrival(event, from: source, at: store.now, isOrdered: isOrdered)
      let taken = try await store.write { try $0.take(arrival, raw: body.bytes.readableBytesView) }
      switch taken {
      case .conflict(let rejection): throw Problem.idTaken(event.id, rejection: rejection)
      case .new: return Receipt(id: event.id, status: .received).reply
      case .known(let status): return Receipt(id: event.id, status: status).reply
      }
    }

    api.openRaw(.post, "/events/batch") { call, body in
      let source = try await sender(of: call, body)
      try await refuseWhatIsCutOff(body, source)
      let elements: [[UInt8]]
      do throws(SourceEvent.Malformed) {
        elements = try Self.elements(of: Array(body.bytes.readableBytesView))
      } catch {
        let rejection = try await store.write {
          try $0.reject(
            body.bytes.readableBytesView, of: source.id, as: .malformed, because: error.description)
        }
        throw Problem.malformed(error, rejection: rejection)
      }
      let answer = try await take(elements, from: source)
      if answer.accepted == 0, answer.rejected > 0 { throw Problem.batchRefused(answer) }
      return .accepted(answer)
    }
  }

  private func sender(of call: Call, _ body: RawBody) async throws -> Source {
    // Half a message proves nothing.
    if !body.isWhole, call.headers[.webhookSignature] != nil {
      throw Problem.tooLarge(limit: body.bytes.readableBytes, rejection: nil)
    }
    do {
      return try await sources.sender(of: call.headers, body: body.bytes)
    } catch let refusal as SourceDirectory.Refusal {
      throw refusal.problem
    }
  }

  private func refuseWhatIsCutOff(_ body: RawBody, _ source: Source) async throws {
    guard !body.isWhole else { return }
    let rejection = try await store.write {
      try $0.reject(
        body.bytes.readableBytesView, of: source.id, as: .tooLarge,
        because: "is larger than \(body.bytes.readableBytes) bytes")
    }
    throw Problem.tooLarge(limit: body.bytes.readableBytes, rejection: rejection)
  }

  private static func elements(of bytes: [UInt8]) throws(SourceEvent.Malformed) -> [[UInt8]] {
    let elements: [ArraySlice<UInt8>]
    do {
      elements = try StrictJSON.elements(of: bytes)
    } catch {
      throw SourceEvent.Malformed(pointer: "", sentence: error.sentence)
    }
    guard elements.count <= mostInBatch else {
      throw SourceEvent.Malformed(pointer: "", sentence: "has more than \(mostInBatch) events")
    }
    return elements.map { Array($0) }
  }

  /// One of a batch, before the store is asked.
  private enum Element: Sendable {
    case event(Arrival, raw: [UInt8])
    case tooLarge(SourceEventID, raw: [UInt8])
    case malformed(SourceEvent.Malformed, raw: [UInt8])

    init(_ raw: [UInt8], from source: Source, at now: Timestamp, isOrdered: Bool) throws {
      let event: SourceEvent
      do throws(SourceEvent.Malformed) {
        event = try SourceEvent.read(raw)
      } catch {
        self = .malformed(error, raw: raw)
        return
      }
      self =
        event.isTooLarge
        ? .tooLarge(event.id, raw: raw)
        : .event(try Arrival(event, from: source, at: now, isOrdered: isOrdered), raw: raw)
    }
  }

  /// All of them in one unit of work, each with a verdict of its own.
  private func take(_ elements: [[UInt8]], from source: Source) async throws -> BatchAnswer {
    let now = store.now
    let read = try elements.map { try Element($0, from: source, at: now, isOrdered: isOrdered) }
    let items = try await store.write { work in
      try read.map { element in
        switch element {
        case .malformed(let error, let bytes):
          let rejection = try work.reject(bytes, of: source.id, as: .malformed, because: error.description)
          return BatchReceipt(verdict: .refused(id: nil, reason: error.description, rejection: rejection))
        case .tooLarge(let id, let bytes):
          let rejection = try work.reject(bytes, of: source.id, as: .tooLarge, because: SourceEvent.tooLarge)
          return BatchReceipt(
            verdict: .refused(id: "\(id)", reason: SourceEvent.tooLarge, rejection: rejection))
        case .event(let arrival, let bytes):
          let id = arrival.event.id
          switch try work.take(arrival, raw: bytes) {
          case .new: return BatchReceipt(verdict: .taken(Receipt(id: id, status: .received)))
          case .known(let status): return BatchReceipt(verdict: .taken(Receipt(id: id, status: status)))
          case .conflict(let rejection):
            return BatchReceipt(
              verdict: .refused(id: "\(id)", reason: "another event has this id", rejection: rejection))
          }
        }
      }
    }
    let accepted = items.count(where: \.isTaken)
    return BatchAnswer(items: items, accepted: accepted, rejected: items.count - accepted)
  }
}
