locals {
  names = sort(keys(var.instances))
  hosts = sort(keys(var.services))
  # A gauge of every instance, as one picture.
  gauge_pictures = [
    for title, metric in {
      "Outbox: age of the oldest, ms"          = "outbox_oldest_age_milliseconds"
      "Outbox: waiting"                        = "outbox_waiting"
      "Dead letters"                           = "messaging_dead_letters"
      "Parked"                                 = "messaging_parked"
      "Jobs: waiting"                          = "jobs_waiting"
      "Jobs: running"                          = "jobs_running"
      "Jobs: age of the one longest due, ms"   = "jobs_oldest_due_age_milliseconds"
      "Gateway: undelivered events"            = "gateway_events_undelivered"
      "Gateway: oldest undelivered, s"         = "gateway_events_oldest_undelivered_seconds"
      "Replica: errors of the synchronisation" = "litestream_sync_error_count"
      } : {
      title = title
      stat  = "Maximum"
      metrics = [
        for name in local.names : [var.namespace, metric, "Instance", name]
        if !startswith(metric, "gateway_") || var.instances[name].service == "gateway"
      ]
    }
  ]
  balancer_pictures = [
    for title, picture in {
      "Requests"                     = { metric = "RequestCount", stat = "Sum" }
      "Answers: p99, s"              = { metric = "TargetResponseTime", stat = "p99" }
      "Answers: 5xx"                 = { metric = "HTTPCode_Target_5XX_Count", stat = "Sum" }
      "Instances that take requests" = { metric = "HealthyHostCount", stat = "Minimum" }
      } : {
      title = title
      stat  = picture.stat
      metrics = [
        for name in local.hosts : [
          "AWS/ApplicationELB", picture.metric, "TargetGroup", var.balancer.targets[name],
          "LoadBalancer", var.balancer.balancer, { label = name },
        ]
      ]
    }
  ]
  other_pictures = [
    {
      title = "CPU, percent"
      stat  = "Average"
      metrics = [
        for name in local.names : ["AWS/ECS", "CPUUtilization", "ClusterName", var.cluster, "ServiceName", name]
      ]
    },
    {
      title   = "Brokers: disk, percent"
      stat    = "Maximum"
      metrics = [for id in ["1", "2", "3"] : ["AWS/Kafka", "KafkaDataLogsDiskUsed", "Cluster Name", var.kafka, "Broker ID", id]]
    },
  ]
  pictures = concat(
    [for picture in local.gauge_pictures : jsonencode(picture)],
    [for picture in local.balancer_pictures : jsonencode(picture)],
    [for picture in local.other_pictures : jsonencode(picture)],
  )
  lag = {
    title = "Messages not read"
    query = "SEARCH('{AWS/Kafka,\"Cluster Name\",\"Consumer Group\",Topic} MetricName=\"SumOffsetLag\" \"Cluster Name\"=\"${var.kafka}\"', 'Maximum', 60)"
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = concat(
      [
        for index, picture in [for text in local.pictures : jsondecode(text)] : {
          type   = "metric"
          x      = (index % 3) * 8
          y      = floor(index / 3) * 6
          width  = 8
          height = 6
          properties = {
            title   = picture.title
            region  = var.region
            view    = "timeSeries"
            period  = 60
            stat    = picture.stat
            metrics = picture.metrics
          }
        }
      ],
      [{
        type   = "metric"
        x      = (length(local.pictures) % 3) * 8
        y      = floor(length(local.pictures) / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = local.lag.title
          region  = var.region
          view    = "timeSeries"
          period  = 60
          metrics = [[{ expression = local.lag.query }]]
        }
      }]
    )
  })
}
