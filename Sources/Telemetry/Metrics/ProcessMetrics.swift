import Foundation

/// What the kernel says of this process, under the names every Prometheus client uses.
///
/// Read from /proc; where there is none, there are no such metrics.
enum ProcessMetrics {
  static func families() -> [Family<ReadingSeries>] {
    guard let stat = ProcessStat(procfs: "/proc/self/stat") else { return [] }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    var families = [
      family("process_cpu_seconds_total", .counter, "CPU time used, user and system.", stat.cpuTicks / ticks),
      family(
        "process_resident_memory_bytes", .gauge, "Memory held in RAM.",
        stat.residentPages * Double(sysconf(Int32(_SC_PAGESIZE)))),
    ]
    if let boot = bootTime {
      families.append(
        family(
          "process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.",
          boot + stat.startTicks / ticks))
    }
    if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      // The list holds the descriptor through which it was read.
      families.append(family("process_open_fds", .gauge, "Open file descriptors.", Double(open.count - 1)))
    }
    return families
  }

  /// Seconds since 1970; a container sees its host's.
  private static var bootTime: Double? {
    guard let stat = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
    else { return nil }
    return Double(line.dropFirst("btime ".count))
  }

  private static func family(
    _ name: String, _ type: MetricType, _ help: String, _ value: Double
  ) -> Family<ReadingSeries> {
    Family(
      name: MetricName(name), help: help,
      series: [Labels([]): ReadingSeries(type: type) { value }])
  }
}

/// The fields of /proc/self/stat that matter here; proc(5) numbers them from one.
struct ProcessStat {
  let cpuTicks: Double
  let startTicks: Double
  let residentPages: Double

  init?(procfs path: String) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    self.init(text)
  }

  /// The second field, the program's name in parentheses, may hold blanks and parentheses itself, so
  /// counting starts with the third, after the last parenthesis.
  init?(_ text: String) {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let start = Double(fields[19]), let resident = Double(fields[21])
    else { return nil }
    cpuTicks = user + system
    startTicks = start
    residentPages = resident
  }
}
