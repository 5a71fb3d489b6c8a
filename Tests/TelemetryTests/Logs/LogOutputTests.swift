import Foundation
import Testing

@testable import Telemetry

@Suite("Writing lines")
struct LogOutputTests {
  @Test func `never mixes the lines of two threads, even through a full and non-blocking pipe`() async {
    let pipe = Pipe()
    let end = pipe.fileHandleForWriting.fileDescriptor
    #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0)
    let output = LogOutput(descriptor: end)

    async let read: Data = withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile())
      }
    }
    await withTaskGroup { group in
      for letter in "abcdefgh".utf8 {
        group.addTask {
          // More than the 4096 bytes that a pipe takes in one piece.
          let line = [UInt8](repeating: letter, count: 9000) + [UInt8(ascii: "\n")]
          for _ in 0..<25 { output.write(line) }
        }
      }
    }
    pipe.fileHandleForWriting.closeFile()

    let lines = await read.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 200)
    #expect(lines.allSatisfy { $0.count == 9000 && Set($0).count == 1 })
  }

  @Test func `lives on when the reader is gone`() {
    LogOutput(descriptor: -1).write(Array("lost\n".utf8))
  }
}
