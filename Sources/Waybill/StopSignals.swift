import Dispatch
import Foundation
import ServiceLifecycle

/// The first SIGTERM or SIGINT stops cleanly, the second at once. Nothing is lost either way.
final class StopSignals {
  private var sources: [any DispatchSourceSignal] = []

  func release() {
    for source in sources { source.cancel() }
  }

  init(stop group: ServiceGroup) {
    var isStopping = false
    for number in [SIGTERM, SIGINT] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
      source.setEventHandler {
        guard !isStopping else { _exit(128 + number) }
        isStopping = true
        FileHandle.standardOutput.write(Data("stopping\n".utf8))
        Task { await group.triggerGracefulShutdown() }
      }
      source.resume()
      sources.append(source)
    }
  }
}
