import Foundation
import Synchronization

/// A real `waybill` process, as a user would start it.
final class ChildProcess: Sendable {
  struct Exit: Equatable, Sendable {
    let status: Int32
    let signal: Int32?
  }

  private struct State {
    var lines: [String] = []
    var listeners: [(matches: @Sendable (String) -> Bool, resume: CheckedContinuation<String?, Never>)] = []
    var exit: Exit?
    var exitListeners: [CheckedContinuation<Exit, Never>] = []
  }

  private let process: Mutex<Process>
  private let state = Mutex(State())
  let identifier: Int32

  static let binary: String = {
    if let chosen = ProcessInfo.processInfo.environment["WAYBILL_BINARY"] { return chosen }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(".build/debug/waybill").path
  }()

  init(_ arguments: [String], _ environment: [String: String]) throws {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: Self.binary)
    child.arguments = arguments
    var inherited = ProcessInfo.processInfo.environment
    inherited = inherited.filter { ["PATH", "HOME", "TMPDIR", "LANG"].contains($0.key) }
    child.environment = inherited.merging(environment) { $1 }
    let output = Pipe()
    child.standardOutput = output
    child.standardError = output
    child.standardInput = FileHandle.nullDevice
    let buffer = Mutex(Data())
    let sink = Sink()
    output.fileHandleForReading.readabilityHandler = { handle in
      let data = handle.availableData
      if data.isEmpty {
        handle.readabilityHandler = nil
        sink.owner?.finishOutput()
        return
      }
      let lines = buffer.withLock { buffer in
        buffer.append(data)
        var lines: [String] = []
        while let end = buffer.firstIndex(of: 0x0A) {
          lines.append(String(decoding: buffer[buffer.startIndex..<end], as: UTF8.self))
          buffer.removeSubrange(buffer.startIndex...end)
        }
        return lines
      }
      sink.owner?.note(lines)
    }
    child.terminationHandler = { child in
      let exit = Exit(
        status: child.terminationStatus,
        signal: child.terminationReason == .uncaughtSignal ? child.terminationStatus : nil)
      sink.owner?.note(exit)
    }
    process = Mutex(child)
    try process.withLock { try $0.run() }
    identifier = process.withLock { $0.processIdentifier }
    sink.owner = self
    if let exit = process.withLock({ $0.isRunning ? nil : $0.terminationStatus }) {
      note(Exit(status: exit, signal: nil))
    }
  }

  /// Breaks the circle between the handlers and the object that is made from them.
  private final class Sink: Sendable {
    private let held = Mutex<Weak>(Weak())
    private struct Weak { weak var owner: ChildProcess? }
    var owner: ChildProcess? {
      get { held.withLock { $0.owner } }
      set { held.withLock { $0.owner = newValue } }
    }
  }

  private func note(_ lines: [String]) {
    let resumed = state.withLock { state in
      state.lines += lines
      var resumed: [(CheckedContinuation<String?, Never>, String)] = []
      for line in lines {
        for listener in state.listeners where listener.matches(line) { resumed.append((listener.resume, line)) }
        state.listeners.removeAll { $0.matches(line) }
      }
      return resumed
    }
    for (continuation, line) in resumed { continuation.resume(returning: line) }
  }

  private func finishOutput() {
    let listeners = state.withLock { state in
      defer { state.listeners = [] }
      return state.listeners
    }
    for listener in listeners { listener.resume.resume(returning: nil) }
  }

  private func note(_ exit: Exit) {
    let waiting = state.withLock { state -> [CheckedContinuation<Exit, Never>] in
      guard state.exit == nil else { return [] }
      state.exit = exit
      defer { state.exitListeners = [] }
      return state.exitListeners
    }
    for continuation in waiting { continuation.resume(returning: exit) }
  }

  var lines: [String] { state.withLock { $0.lines } }

  var hasExited: Bool { state.withLock { $0.exit != nil } }

  /// The first line that matches, printed already or later; nil when the output ends before.
  func line(_ matches: @escaping @Sendable (String) -> Bool) async -> String? {
    await withCheckedContinuation { continuation in
      let seen = state.withLock { state -> String?? in
        if let seen = state.lines.first(where: matches) { return .some(seen) }
        if state.exit != nil { return .some(nil) }
        state.listeners.append((matches, continuation))
        return .none
      }
      if let seen { continuation.resume(returning: seen) }
    }
  }

  func exit() async -> Exit {
    await withCheckedContinuation { continuation in
      let exit = state.withLock { state -> Exit? in
        if state.exit == nil { state.exitListeners.append(continuation) }
        return state.exit
      }
      if let exit { continuation.resume(returning: exit) }
    }
  }

  func signal(_ number: Int32) {
    guard !hasExited else { return }
    kill(identifier, number)
  }
}
