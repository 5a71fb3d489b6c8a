// swift-tools-version: 6.2
import PackageDescription

// The floor plan: one room a target, and every door between rooms is a line here.
// scripts/check-rooms.sh holds each folder to the imports its room allows.

let package = Package(
  name: "waybill",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "waybill", targets: ["Waybill"]),
    .library(name: "Kafka", targets: ["Kafka"]),
  ],
  dependencies: Packages.all,
  targets: [
    // Libraries, from the ground up.
    .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .room("Kafka", ["CRdKafka", .logging]),
    .room("Storage", [.grdb, .logging, .metrics, .serviceContext]),
    .room("Messaging", ["Kafka", "Storage", .grdb, .logging, .metrics, .tracing, .lifecycle]),
    .room(
      "Jobs",
      ["Messaging", "Storage", .grdb, .logging, .metrics, .tracing, .serviceContext, .lifecycle]),
    .room(
      "HTTPAPI",
      [
        "Storage", .grdb, .hummingbird, .httpTypes, .jwt, .crypto, .httpClient, .nio, .nioHTTP1, .logging,
        .metrics, .tracing, .lifecycle,
      ]),
    .room(
      "Hosting", ["HTTPAPI", "Jobs", "Messaging", "Storage", .httpTypes, .logging, .metrics, .lifecycle]),
    .room("Resilience", [.logging, .metrics]),
    .room(
      "Simulators",
      [
        .hummingbird, .httpTypes, .httpClient, .nio, .nioHTTP1, .nioPosix, .nioFoundation, .crypto, .logging,
        .lifecycle,
      ]),
    .room("Telemetry", [.logging, .metrics, .tracing]),
    .room("Contracts", ["Messaging"]),

    // Services: each imports the libraries and Contracts, never another service.
    .service("Workflow"),
    .service("Delivery"),
    .service("Administration", [.crypto, .cryptoExtras, .nioPosix, .logging, .metrics]),
    .service("Tasks"),
    .service(
      "Orders",
      ["Resilience", .httpClient, .nio, .nioHTTP1, .nioFoundation, .serviceContext, .tracing, .lifecycle]),
    .service(
      "Gateway",
      ["Resilience", .crypto, .httpClient, .nio, .nioHTTP1, .nioFoundation, .logging, .metrics, .lifecycle]),

    // The only room that sees every service, and the only one that chooses the wire.
    .executableTarget(
      name: "Waybill",
      dependencies: [
        "Kafka", "Storage", "Messaging", "HTTPAPI", "Hosting", "Telemetry", "Contracts", "Workflow",
        "Delivery", "Administration", "Tasks", "Gateway", "Orders", "Simulators",
        .arguments, .hummingbird, .httpTypes, .httpClient, .nio, .nioHTTP1, .logging, .metrics, .tracing,
        .lifecycle,
      ],
      swiftSettings: .strict),

    // Measurements: `make bench`.
    .executableTarget(
      name: "WaybillBench",
      dependencies: [
        "Kafka", "Storage", "Messaging", "Jobs", "HTTPAPI", "Telemetry", .arguments, .grdb, .httpTypes,
        .httpClient, .nio,
        .nioHTTP1, .logging, .metrics, .lifecycle,
      ],
      path: "Benchmarks/Waybill", swiftSettings: .strict),
    .executableTarget(
      name: "KafkaSwift", dependencies: ["Kafka", .logging], path: "Benchmarks/KafkaSwift",
      swiftSettings: .strict),

    // Tests: one target a room, and the journeys through all of them.
    .tests("Kafka", [.logging]),
    .tests("Storage", [.grdb]),
    .tests("Messaging", ["RoomTesting", "Kafka", "Storage", .grdb, .logging, .lifecycle]),
    .tests(
      "Jobs",
      ["RoomTesting", "Messaging", "Storage", .grdb, .tracing, .serviceContext, .logging, .lifecycle]),
    .tests(
      "HTTPAPI",
      [
        "RoomTesting", "Storage", .grdb, .hummingbird, .hummingbirdTesting, .httpTypes, .jwt,
        .httpClient, .nio, .nioHTTP1, .lifecycle, .logging, .metrics, .tracing,
      ]),
    .tests("Telemetry", [.logging, .metrics, .tracing]),
    .tests("Contracts", ["Messaging", "Storage"]),
    .tests(
      "Workflow",
      [
        "ServiceTesting", "Contracts", "Hosting", "HTTPAPI", "Messaging", "Storage", "Kafka", .grdb,
        .hummingbird,
        .hummingbirdTesting, .httpTypes, .logging, .lifecycle,
      ]),
    .tests(
      "Delivery",
      [
        "ServiceTesting", "Workflow", "Contracts", "Hosting", "HTTPAPI", "Messaging", "Storage", "Kafka",
        .grdb, .hummingbird,
        .hummingbirdTesting, .httpTypes, .logging, .lifecycle,
      ]),
    .target(
      name: "RoomTesting", dependencies: ["Storage", .metrics], path: "Tests/RoomTesting",
      swiftSettings: .strict),
    .target(
      name: "ServiceTesting",
      dependencies: [
        "RoomTesting", "Hosting", "HTTPAPI", "Messaging", "Storage", "Kafka", .grdb, .hummingbird,
        .hummingbirdTesting, .httpTypes, .httpClient, .nio, .nioHTTP1, .logging, .lifecycle,
      ],
      path: "Tests/ServiceTesting", swiftSettings: .strict),
    .tests(
      "Administration",
      [
        "ServiceTesting", "Contracts", "Hosting", "HTTPAPI", "Messaging", "Storage", "Kafka", .grdb,
        .hummingbird, .hummingbirdTesting, .httpTypes, .httpClient, .nio, .nioHTTP1, .lifecycle, .logging,
        .metrics,
      ]),
    .tests(
      "Tasks",
      [
        "ServiceTesting", "Contracts", "Hosting", "HTTPAPI", "Jobs", "Messaging", "Storage", "Kafka", .grdb,
        .lifecycle, .logging,
      ]),
    .tests(
      "Simulators",
      [.httpClient, .nio, .nioHTTP1, .logging, .lifecycle]),
    .tests("Resilience", ["RoomTesting", .metrics]),
    .tests(
      "Orders",
      [
        "ServiceTesting", "Contracts", "Hosting", "HTTPAPI", "Jobs", "Messaging", "Storage", "Kafka", .grdb,
        "Resilience", "Simulators", .hummingbird, .hummingbirdTesting, .httpTypes, .lifecycle, .logging, .nio,
      ]),
    .tests(
      "Gateway",
      [
        "ServiceTesting", "Contracts", "Hosting", "HTTPAPI", "Jobs", "Messaging", "Storage", "Kafka", .grdb,
        "Resilience", "Simulators", .hummingbird, .hummingbirdTesting, .httpTypes, .lifecycle, .logging,
      ]),
    .testTarget(
      name: "Journeys",
      dependencies: [
        "Waybill", "Contracts", "Messaging", "Kafka", "Storage", .grdb, .httpClient, .nio, .nioHTTP1,
        .logging,
      ],
      swiftSettings: .strict),
  ]
)

extension Target {
  static func room(_ name: String, _ dependencies: [Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: .strict)
  }

  static func service(_ name: String, _ more: [Dependency] = []) -> Target {
    .target(
      name: name,
      dependencies: [
        "Contracts", "Hosting", "Jobs", "Messaging", "HTTPAPI", "Storage", .grdb, .httpTypes,
      ] + more,
      path: "Sources/Services/\(name)", resources: [.embedInCode("openapi.yaml")],
      swiftSettings: .strict)
  }

  static func tests(_ room: String, _ dependencies: [Dependency]) -> Target {
    .testTarget(
      name: "\(room)Tests", dependencies: [.byName(name: room)] + dependencies,
      swiftSettings: .strict)
  }
}

extension [SwiftSetting] {
  static var strict: [SwiftSetting] {
    [
      .swiftLanguageMode(.v6),
      .treatAllWarnings(as: .error),
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      .enableUpcomingFeature("InferIsolatedConformances"),
    ]
  }
}

// Every product by one name, every package by one version.

extension Target.Dependency {
  static var logging: Self { .product(name: "Logging", package: "swift-log") }
  static var metrics: Self { .product(name: "Metrics", package: "swift-metrics") }
  static var tracing: Self { .product(name: "Tracing", package: "swift-distributed-tracing") }
  static var serviceContext: Self {
    .product(name: "ServiceContextModule", package: "swift-service-context")
  }
  static var lifecycle: Self {
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
  }
  static var arguments: Self {
    .product(name: "ArgumentParser", package: "swift-argument-parser")
  }
  static var grdb: Self { .product(name: "GRDB", package: "GRDB.swift") }
  static var hummingbird: Self { .product(name: "Hummingbird", package: "hummingbird") }
  static var hummingbirdTesting: Self {
    .product(name: "HummingbirdTesting", package: "hummingbird")
  }
  static var httpTypes: Self { .product(name: "HTTPTypes", package: "swift-http-types") }
  static var httpClient: Self { .product(name: "AsyncHTTPClient", package: "async-http-client") }
  static var nio: Self { .product(name: "NIOCore", package: "swift-nio") }
  static var nioHTTP1: Self { .product(name: "NIOHTTP1", package: "swift-nio") }
  static var crypto: Self { .product(name: "Crypto", package: "swift-crypto") }
  static var cryptoExtras: Self { .product(name: "CryptoExtras", package: "swift-crypto") }
  static var nioFoundation: Self { .product(name: "NIOFoundationCompat", package: "swift-nio") }
  static var nioPosix: Self { .product(name: "NIOPosix", package: "swift-nio") }
  static var jwt: Self { .product(name: "JWTKit", package: "jwt-kit") }
}

enum Packages {
  static var all: [Package.Dependency] {
    [
      .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
      .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
      .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
      .package(url: "https://github.com/apple/swift-service-context", from: "1.5.1"),
      .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
      .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
      .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
      .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
      .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
      .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
      .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
      .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
      .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ]
  }
}
