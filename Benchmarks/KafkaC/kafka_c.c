// What librdkafka does without Swift: the measure for the Kafka room.
//
//   cc -O2 -o kafka_c kafka_c.c -lrdkafka
//   kafka_c produce|consume BOOTSTRAP TOPIC COUNT SIZE
//
// Prints messages per second. Produces with keys, idempotently, and checks every delivery report.

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
  }
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char reason[512];
  rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
  if (!rk) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
  }
  return rk;
}

/// Serves reports for up to that long; returns how many came.
static long serve(rd_kafka_queue_t *queue, int timeout_ms) {
  long reports = 0;
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);
  if (!event) return 0;
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
    const rd_kafka_message_t *message;
    while ((message = rd_kafka_event_message_next(event))) {
      if (message->err || message->offset < 0) {
        fprintf(stderr, "not delivered: %s\n", rd_kafka_err2str(message->err));
        exit(1);
      }
      reports++;
    }
  }
  rd_kafka_event_destroy(event);
  return reports;
}

static double produce(const char *bootstrap, const char *name, long count, size_t size) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "enable.idempotence", "true");
  set(conf, "linger.ms", "5");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
  rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_main(rk);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
  const struct rd_kafka_metadata *metadata;
  rd_kafka_metadata(rk, 0, topic, &metadata, 5000);
  rd_kafka_metadata_destroy(metadata);

  char *value = malloc(size);
  memset(value, 'x', size);
  // Formatting numbers is not what is measured.
  char(*keys)[16] = malloc(count * sizeof(*keys));
  for (long i = 0; i < count; i++) snprintf(keys[i], sizeof(*keys), "key-%ld", i);
  long reports = 0;
  double start = now();
  for (long i = 0; i < count; i++) {
    while (rd_kafka_produce(
        topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, size, keys[i], strlen(keys[i]),
        NULL)) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fprintf(stderr, "%s\n", rd_kafka_err2str(rd_kafka_last_error()));
        exit(1);
      }
      reports += serve(queue, 100);
    }
    if (i % 1000 == 0) reports += serve(queue, 0);
  }
  while (reports < count) reports += serve(queue, 100);
  double rate = count / (now() - start);
  rd_kafka_topic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(rk);
  return rate;
}

static void ignore(
    rd_kafka_t *rk, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *list, void *opaque) {
}

static double consume(const char *bootstrap, const char *name, long count) {
  enum { BATCH = 5000 };
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  set(conf, "group.id", "benchmark-c");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "queued.min.messages", "10000000");
  set(conf, "queued.max.messages.kbytes", getenv("QUEUED_KBYTES") ? getenv("QUEUED_KBYTES") : "16384");
  set(conf, "fetch.wait.max.ms", "1");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_conf_set_rebalance_cb(conf, ignore);
  rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(rk);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
  for (int partition = 0; partition < 64; partition++)
    rd_kafka_topic_partition_list_add(list, name, partition);
  rd_kafka_assign(rk, list);

  rd_kafka_message_t *messages[BATCH];
  long seen = 0, bytes = 0;
  double start = 0;
  while (seen < count) {
    ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, messages, 1);
    if (got < 1) continue;
    // From the first message on: finding the coordinator is not what is measured.
    if (!start) start = now();
    got += rd_kafka_consume_batch_queue(queue, 0, messages + 1, BATCH - 1);
    for (ssize_t i = 0; i < got; i++) {
      if (messages[i]->err) {
        fprintf(stderr, "%s\n", rd_kafka_message_errstr(messages[i]));
      } else {
        seen++;
        bytes += messages[i]->len + messages[i]->key_len;
      }
      rd_kafka_message_destroy(messages[i]);
    }
  }
  double rate = count / (now() - start);
  if (bytes == 0) exit(1);
  rd_kafka_consumer_close(rk);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(rk);
  return rate;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "kafka_c produce|consume BOOTSTRAP TOPIC COUNT SIZE\n");
    return 2;
  }
  long count = atol(argv[4]);
  double rate = strcmp(argv[1], "produce") == 0 ? produce(argv[2], argv[3], count, atol(argv[5]))
                                                : consume(argv[2], argv[3], count);
  printf("%.0f\n", rate);
  return 0;
}
