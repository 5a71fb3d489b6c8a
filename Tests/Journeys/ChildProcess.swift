import Foundation
import Glibc
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

  private let state = Mutex(State())
  let identifier: Int32

  static let binary: String = {
    if let chosen = ProcessInfo.processInfo.environment["WAYBILL_BINARY"] { return chosen }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(".build/debug/waybill").path
  }()

  /// Foundation's `Process` copies tables that other threads of a busy test run change under it, and crashes.
  /// - Parameter program: another than `waybill`.
  init(_ arguments: [String], _ environment: [String: String], program: String = binary) throws {
    let inherited = ProcessInfo.processInfo.environment
      .filter { ["PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH"].contains($0.key) }
    let variables = inherited.merging(environment) { $1 }.map { "\($0)=\($1)" }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CannotStart(code: errno) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    // Not the sockets of a broker in this process: they would outlive its going down.
    for descriptor in 3..<Int32(1024) { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var argv = ([program] + arguments).map { strdup($0) } + [nil]
    var envp = variables.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, program, &actions, nil, &argv, &envp)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw CannotStart(code: code)
    }
    self.identifier = identifier
    let output = ends[0]
    Thread { [self] in read(output) }.start()
  }

  struct CannotStart: Error, CustomStringConvertible {
    let code: Int32
    var description: String { "\(ChildProcess.binary) cannot be started: \(String(cString: strerror(code)))" }
  }

  /// Reads to the end of the output, then takes note of how the process ended.
  private func read(_ output: Int32) {
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(output, &chunk, chunk.count)
      guard count > 0 else { break }
      rest += chunk[..<count]
      let lines = rest.split(separator: 0x0A, omittingEmptySubsequences: false)
      rest = Array(lines.last ?? [])
      note(lines.dropLast().map { String(decoding: $0, as: UTF8.self) })
    }
    close(output)
    var status: Int32 = 0
    waitpid(identifier, &status, 0)
    let signal = status & 0x7F
    note(Exit(status: signal == 0 ? status >> 8 & 0xFF : signal, signal: signal == 0 ? nil : signal))
    finishOutput()
  }

  private func note(_ lines: [String]) {
    let resumed = state.withLock { state in
      state.lines += lines
      var resumed: [(CheckedContinuation<String?, Never>, String)] = []
      for line in lines {
        for listener in state.listeners where listener.matches(line) {
          resumed.append((listener.resume, line))
        }
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
    await orKilled { continuation in
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
    await orKilled { continuation in
      let exit = state.withLock { state -> Exit? in
        if state.exit == nil { state.exitListeners.append(continuation) }
        return state.exit
      }
      if let exit { continuation.resume(returning: exit) }
    }
  }

  /// Waits; a test whose time is over takes the process with it, and what it waited for comes as the end.
  private func orKilled<Value>(
    _ wait: (CheckedContinuation<Value, Never>) -> Void
  ) async -> Value {
    await withTaskCancellationHandler {
      await withCheckedContinuation { wait($0) }
    } onCancel: {
      signal(SIGKILL)
    }
  }

  func signal(_ number: Int32) {
    guard !hasExited else { return }
    kill(identifier, number)
  }
}
