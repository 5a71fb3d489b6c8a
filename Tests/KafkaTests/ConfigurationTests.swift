import Kafka
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct `Configuring a client` {
  private func error(_ properties: [String: String]) -> KafkaError? {
    #expect(throws: KafkaError.self) {
      _ = try KafkaProducer(
        KafkaConfiguration(bootstrapServers: "127.0.0.1:1", properties: properties), logger: testLogger)
    }
  }

  @Test func `names the wrong property and never its value`() {
    let unknown = error(["sasl.passwort": "s3cret"])
    #expect(unknown?.code == .invalidArgument)
    #expect(unknown?.description.contains("sasl.passwort") == true)
    #expect(unknown?.description.contains("s3cret") == false)

    let refused = error(["security.protocol": "s3cret"])
    #expect(refused?.description.contains("security.protocol") == true)
    #expect(refused?.description.contains("s3cret") == false)
  }

  @Test func `can be printed without giving a secret away`() {
    let configuration = KafkaConfiguration(
      bootstrapServers: "here:9092", properties: ["sasl.password": "s3cret"])
    var dumped = ""
    dump(configuration, to: &dumped)
    #expect("\(configuration)".contains("sasl.password"))
    for text in ["\(configuration)", String(reflecting: configuration), dumped] {
      #expect(!text.contains("s3cret"))
    }
  }

  @Test func `refuses what cannot be together`() {
    let clash = error(["acks": "1"])
    #expect(clash?.description.contains("acks") == true)
    #expect(error(["delivery.report.only.error": "true"])?.code == .invalidArgument)
    let file = error(["security.protocol": "SSL", "ssl.key.location": "/none", "ssl.key.password": "s3cret"])
    #expect(file?.description.contains("s3cret") == false)
  }

  @Test(arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
  func `accepts a name and a password over TLS`(mechanism: String) async throws {
    let configuration = KafkaConfiguration(
      bootstrapServers: "127.0.0.1:1",
      properties: [
        "security.protocol": "SASL_SSL", "sasl.mechanism": mechanism, "sasl.username": "user",
        "sasl.password": "s3cret", "ssl.endpoint.identification.algorithm": "https",
      ])
    let producer = try KafkaProducer(configuration, logger: testLogger)
    await producer.close(within: .zero)
    let consumer = try KafkaConsumer(configuration, groupID: "g", logger: testLogger)
    await consumer.close()
  }

  @Test func `asks for an OAUTHBEARER token without being polled`() async throws {
    let (calls, called) = AsyncStream.makeStream(of: Void.self)
    var configuration = KafkaConfiguration(
      bootstrapServers: "127.0.0.1:1",
      properties: ["security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"])
    configuration.oauthToken = {
      called.yield()
      return OAuthBearerToken(
        value: "token", expiresAt: 4_000_000_000_000, principal: "me", extensions: ["a": "b"])
    }
    let consumer = try KafkaConsumer(configuration, groupID: "g", logger: testLogger)
    let producer = try KafkaProducer(configuration, logger: testLogger)
    var count = 0
    for await _ in calls {
      count += 1
      if count == 2 { break }
    }
    await consumer.close()
    await producer.close(within: .zero)
  }

  @Test func `knows which librdkafka it runs on`() {
    #expect(KafkaConfiguration.librdkafkaVersion.split(separator: ".").count >= 3)
  }
}
