locals {
  # Gauges of Sources (scripts/terraform-check.sh holds them to it), and Litestream's own.
  metrics = [
    "outbox_waiting",
    "outbox_oldest_age_milliseconds",
    "messaging_parked",
    "messaging_dead_letters",
    "jobs_waiting",
    "jobs_running",
    "jobs_oldest_due_age_milliseconds",
    "http_streams_open",
    "gateway_disk_free_bytes",
    "gateway_events_undelivered",
    "gateway_events_failed",
    "gateway_events_oldest_undelivered_seconds",
    "litestream_sync_error_count",
    "litestream_shadow_wal_index",
    "litestream_replica_wal_index",
  ]
  collector = templatefile("${path.module}/collector.yaml.tftpl", {
    instance      = var.name
    region        = var.shared.region
    namespace     = var.shared.namespace
    metrics       = local.metrics
    metrics_group = var.shared.metrics.name
  })
}
