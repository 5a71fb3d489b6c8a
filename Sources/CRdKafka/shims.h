#pragma once

// What Swift cannot say to librdkafka itself (variadic calls), and the three loops that
// run once per message and are therefore kept on this side of the border.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

// MARK: - Sends

/// What became of one message. Its address is the message's opaque.
typedef struct ckafka_result {
  int64_t offset;
  int32_t error;
  int32_t partition;
  int32_t status;  // rd_kafka_msg_status_t
  uint32_t index;  // its place in the batch, which leads back to the batch
} ckafka_result;

/// Messages sent together: one allocation, counted down to zero by delivery reports.
typedef struct ckafka_sends {
  int64_t remaining;          // atomic; whoever brings it to zero completes the batch
  struct ckafka_sends *next;  // links completed batches while a report is walked
  void *owner;
  ckafka_result results[];
} ckafka_sends;

static inline ckafka_sends *ckafka_sends_new(size_t count, void *owner) {
  ckafka_sends *sends = calloc(1, sizeof(ckafka_sends) + count * sizeof(ckafka_result));
  if (!sends) abort();
  sends->remaining = (int64_t)count;
  sends->owner = owner;
  for (size_t i = 0; i < count; i++) sends->results[i].index = (uint32_t)i;
  return sends;
}

static inline ckafka_result *ckafka_sends_result(ckafka_sends *sends, size_t index) {
  return &sends->results[index];
}

/// Counts one message as settled; true when it was the last of its batch.
static inline int ckafka_settle(ckafka_sends *sends) {
  return __atomic_sub_fetch(&sends->remaining, 1, __ATOMIC_ACQ_REL) == 0;
}

/// Fills the results a delivery report event brings and returns the batches it completed,
/// linked through `next`. `errors` counts the messages that failed.
static inline ckafka_sends *ckafka_walk_reports(rd_kafka_event_t *event, size_t *errors) {
  ckafka_sends *completed = NULL, **tail = &completed;
  const rd_kafka_message_t *message;
  *errors = 0;
  while ((message = rd_kafka_event_message_next(event))) {
    ckafka_result *result = message->_private;
    result->offset = message->offset;
    result->partition = message->partition;
    result->error = message->err;
    if (message->err) {
      result->status = rd_kafka_message_status(message);
      *errors += 1;
    } else {
      result->status = RD_KAFKA_MSG_STATUS_PERSISTED;
    }
    ckafka_sends *sends =
        (ckafka_sends *)((char *)(result - result->index) - offsetof(ckafka_sends, results));
    if (ckafka_settle(sends)) {
      sends->next = NULL;
      *tail = sends;
      tail = &sends->next;
    }
  }
  return completed;
}

/// Produces one message by the fastest call that can carry it. A key or value that is not null
/// but empty must come with a pointer that is not null. The headers are owned by librdkafka
/// after success and by the caller after an error.
static inline rd_kafka_resp_err_t ckafka_produce(
    rd_kafka_t *rk, rd_kafka_topic_t *topic, int32_t partition, int flags, const void *key,
    size_t key_length, const void *value, size_t value_length, rd_kafka_headers_t *headers,
    int64_t timestamp, ckafka_result *result) {
  if (!headers && timestamp == 0) {
    int failed = rd_kafka_produce(
        topic, partition, flags, (void *)value, value_length, key, key_length, result);
    return failed ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  if (!headers)
    return rd_kafka_producev(
        rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
        RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_KEY(key, key_length),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(result), RD_KAFKA_V_END);
  return rd_kafka_producev(
      rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
      RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_KEY(key, key_length),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(result),
      RD_KAFKA_V_END);
}

// MARK: - Consuming

/// Waits for the first message, then takes what is already there. `consume_batch_queue` alone
/// would wait until the array is full or the whole time is over.
static inline size_t ckafka_gather(
    rd_kafka_queue_t *queue, int timeout_ms, rd_kafka_message_t **messages, size_t capacity) {
  memset(messages, 0, capacity * sizeof(*messages));
  ssize_t first = rd_kafka_consume_batch_queue(queue, timeout_ms, messages, 1);
  if (first < 1) return 0;
  if (capacity == 1) return 1;
  ssize_t more = rd_kafka_consume_batch_queue(queue, 0, messages + 1, capacity - 1);
  return more < 0 ? 1 : 1 + (size_t)more;
}

// MARK: - Threads

/// Names the calling thread for debuggers; fifteen characters at most.
static inline void ckafka_name_thread(const char *name) {
#ifdef __linux__
  prctl(PR_SET_NAME, name, 0, 0, 0);
#endif
}
