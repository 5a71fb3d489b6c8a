import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import Testing

@testable import HTTPAPI

/// Health, metrics and the contract: open to whoever reaches the port.
@Suite struct ServingOperators {
  let service: NotesService

  init() throws { service = try NotesService() }

  @Test func `a service that runs is alive`() async throws {
    let response = try await service.app().test(.router) { try await $0.get("/health/live") }
    #expect(response.status == .ok)
    #expect(response.text == #"{"status":"alive"}"#)
  }

  @Test func `a service is ready when its store takes a write, and says which SQLite it runs on`()
    async throws
  {
    let version = try await service.store.sqliteVersion()
    let response = try await service.app().test(.router) { try await $0.get("/health/ready") }
    #expect(response.status == .ok)
    #expect(
      response.text
        == #"{"checks":{"store":{"detail":"SQLite \#(version)","status":"ready"}},"status":"ready"}"#)
  }

  @Test func `a service whose store takes no write is not ready, but alive`() async throws {
    try await service.store.close()
    try await service.app().test(.router) { client in
      let ready = try await client.get("/health/ready")
      #expect(ready.status == .serviceUnavailable)
      #expect(ready.text.contains(#""status":"not-ready""#))
      let alive = try await client.get("/health/live")
      #expect(alive.status == .ok)
    }
  }

  @Test func `a service is as ready as the least ready of its parts`() async throws {
    let answers = InTurn<ReadinessResult>([.notReady("warming up"), .ready()])
    try await service.app { api in
      api.readiness("catalogue") { answers.next() }
    }.test(.router) { client in
      let early = try await client.get("/health/ready")
      #expect(early.status == .serviceUnavailable)
      #expect(early.text.contains(#""catalogue":{"detail":"warming up","status":"not-ready"}"#))
      let later = try await client.get("/health/ready")
      #expect(later.status == .ok)
      #expect(later.text.contains(#""catalogue":{"status":"ready"}"#))
    }
  }

  @Test func `the contract is served as YAML`() async throws {
    let response = try await service.app().test(.router) { try await $0.get("/openapi.yaml") }
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "application/yaml")
    #expect(response.text == "openapi: 3.1.0\n")
  }

  @Test func `metrics are shown here only when they are not shown elsewhere`() async throws {
    let hidden = try await service.app().test(.router) { try await $0.get("/metrics") }
    #expect(hidden.status == .notFound)
    let api = API(
      service: "notes", store: service.store, verifier: service.verifier, openapi: "",
      metrics: { "requests 1\n" })
    let shown = try await api.application().test(.router) { try await $0.get("/metrics") }
    #expect(shown.text == "requests 1\n")
    #expect(shown.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
  }
}
