import Contracts
import HTTPAPI
import Messaging
import Storage

/// The stories of events, for operators.
struct EventRoutes {
  /// What a client that reads the stream slowly costs at most.
  private static let page = 200

  let store: Store
  let target: Target

  func register(on api: API) {
    api.read("/events", scope: .eventsRead) { call in
      let (page, search) = (try call.page(), try EventSearch(call))
      return try .ok(await store.read { try search.page(page, in: $0) }.map(EventSummary.init))
    }

    api.read("/events/{id}", scope: .eventsRead) { call in
      let id: SourceEventID = try call.id()
      // To SQLite a text ends there.
      guard !id.rawValue.utf8.contains(0) else { throw Problem.notFound("There is no such event here.") }
      let found = try await store.read { database in
        try GatewayEvent.find(id, in: database).map { ($0, try EventStep.fetch(of: $0.seq, in: database)) }
      }
      guard let (event, steps) = found else { throw Problem.notFound("There is no event \(id) here.") }
      return .ok(
        EventStory(event, steps, waiting: target.waiting(event, at: store.now), instance: store.instance))
    }

    // Changes from now on, or from the last one that the client has seen.
    api.read("/events/stream", scope: .eventsRead) { call in
      let store = store
      let seen = try call.lastEventNumber()
      let last = try await store.read { try GatewayEvent.lastChange(in: $0) }
      return .events(
        after: min(seen ?? last, last), wakes: { store.commits(raising: .eventChanges) }
      ) { position in
        let changed = try await store.read {
          try GatewayEvent.changed(after: position, limit: Self.page, in: $0)
        }
        return EventPage(
          try changed.map {
            try ServerSentEvent(id: "\($0.change)", event: "event.changed", json: EventSummary($0))
          }, position: changed.last?.change ?? position)
      }
    }

    api.read("/rejections", scope: .eventsRead) { call in
      let (page, source) = (try call.page(), call.query("source"))
      return try .ok(
        await store.read { try RejectedInput.page(page, source: source, in: $0) }.map(RejectionAnswer.init))
    }

    api.read("/rejections/{id}", scope: .eventsRead) { call in
      let id = try call.parameter("id")
      guard let rejected = try await store.read({ try RejectedInput.find(id, in: $0) }) else {
        throw Problem.notFound("There is no rejection \(id).")
      }
      return .ok(WholeRejection(rejected))
    }
  }
}
