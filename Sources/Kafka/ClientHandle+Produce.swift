internal import CRdKafka

/// From this size on a value is sent from where it lies: copying a kilobyte costs more than
/// keeping it. librdkafka copies keys always.
private let largeValue = 4096

extension ClientHandle {
  enum Progress { case finished, queueFull }

  /// Hands the batch's records to librdkafka from `batch.next` on, in order, and stops at the
  /// first that finds the queue full. Never blocks.
  func produce(_ batch: SendBatch) -> Progress {
    // The last reference to the batch may go with its last refused record.
    withExtendedLifetime(batch) {
      batch.records.withUnsafeBufferPointer { records in
        var topic: (name: String, handle: Topic?) = ("", nil)
        while batch.next < records.count {
          let index = batch.next
          if topic.handle == nil || records[index].topic != topic.name {
            topic = (records[index].topic, self.topic(records[index].topic))
          }
          let error =
            topic.handle.map { produce(records, index, to: $0, batch.slot(index)) }
            ?? RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION
          if error == RD_KAFKA_RESP_ERR__QUEUE_FULL { return .queueFull }
          batch.next += 1
          if error != RD_KAFKA_RESP_ERR_NO_ERROR { batch.refuse(index, .init(error)) }
        }
        return .finished
      }
    }
  }

  /// The record is read in place: copying it out would count four references up and down.
  @inline(__always)
  private func produce(
    _ records: UnsafeBufferPointer<ProducerRecord>, _ index: Int, to topic: Topic,
    _ slot: UnsafeMutablePointer<ckafka_result>
  ) -> rd_kafka_resp_err_t {
    let headers = records[index].headers.isEmpty ? nil : nativeHeaders(records[index].headers)
    let error = withBytes(records[index].key) { key in
      // The pointer to a large value outlives this closure: an array that nobody changes keeps
      // its storage in place, and the batch keeps the array until the message has reported.
      withBytes(records[index].value) { value in
        ckafka_produce(
          rk, topic.pointer, records[index].partition ?? -1,
          value.count >= largeValue ? 0 : Int32(RD_KAFKA_MSG_F_COPY), key.baseAddress, key.count,
          value.baseAddress, value.count, headers, records[index].timestamp ?? 0, slot)
      }
    }
    if error != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
    return error
  }

  private func nativeHeaders(_ headers: [RecordHeader]) -> OpaquePointer? {
    let native = rd_kafka_headers_new(headers.count)
    for header in headers {
      var name = header.name
      name.withUTF8 { name in
        withBytes(header.value) { value in
          _ = rd_kafka_header_add(
            native,
            UnsafeRawPointer(name.baseAddress ?? UnsafePointer(empty))?
              .assumingMemoryBound(to: CChar.self), name.count, value.baseAddress, value.count)
        }
      }
    }
    return native
  }
}

/// A place to point at for bytes that are there but empty; null would mean that they are not.
private nonisolated(unsafe) let empty = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

@inline(__always)
private func withBytes<Value>(
  _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) -> Value
) -> Value {
  guard let bytes else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
  return bytes.withUnsafeBytes { bytes in
    bytes.isEmpty ? body(UnsafeRawBufferPointer(start: empty, count: 0)) : body(bytes)
  }
}
