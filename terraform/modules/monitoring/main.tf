resource "aws_sns_topic" "alarms" {
  name              = "${var.prefix}-alarms"
  kms_master_key_id = var.log_key
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_sns_topic_subscription" "emails" {
  for_each = var.emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  # An alarm goes off when the worst reading of a minute (or of `minutes`, or another `stat`) is beyond its limit `since`
  # times in a row, or `points` times of these. No reading is no alarm, unless `missing` says otherwise.

  # Gauges of each instance. One that is silent is as bad as one that is behind, but for those that come and go:
  # `silence` is the alarm that says so.
  gauges = {
    outbox-oldest-age = {
      metric = "outbox_oldest_age_milliseconds", above = 60000, since = 3, silence = true
      text   = "Events wait to be published: the brokers are away, or the replica is behind. Silence is a service that does not run."
    }
    dead-letters = {
      metric = "messaging_dead_letters", above = 0, since = 1, silence = false
      text   = "Something could not be handled, sent or done: look with GET /dead-letters/groups of that service, then redrive or discard (docs/operations.md)."
    }
    parked = {
      metric = "messaging_parked", above = 1000, since = 15, silence = false
      text   = "Early messages wait for what should have come before them."
    }
    jobs-overdue = {
      metric = "jobs_oldest_due_age_milliseconds", above = 300000, since = 5, silence = false
      text   = "Work is due and not taken up: what it needs is away, or there is more of it than is allowed at a time."
    }
    disk-is-filling = {
      metric = "gateway_disk_free_bytes", below = 4294967296, since = 3, silence = false
      text   = "Less than 4 GiB are left for the store. When it is full, events are refused."
    }
    replication-fails = {
      metric = "litestream_sync_error_count", above = 2, since = 3, silence = false, stat = "Sum"
      text   = "Litestream cannot write the replica: nothing is published while that is so."
    }
  }

  instance_alarms = merge([
    for name, instance in var.instances : {
      for alarm, gauge in local.gauges : "${name}-${alarm}" => merge(gauge, {
        namespace  = var.namespace
        dimensions = { Instance = name }
        missing    = gauge.silence && var.started && !instance.elastic ? "breaching" : "notBreaching"
      }) if alarm != "disk-is-filling" || instance.service == "gateway"
    }
  ]...)

  # Answers of each service, as the load balancer sees them. Two minutes of three are enough for its 5xx.
  service_alarms = merge([
    for name, service in var.services : {
      for alarm, answers in {
        "${name}-5xx" = {
          metric = "HTTPCode_Target_5XX_Count", stat = "Sum", above = 5, since = 3, points = 2
          text   = "${name} answers with 5xx."
        }
        "${name}-latency" = {
          metric = "TargetResponseTime", stat = "p99", above = service.answer_within_s, since = 3
          text   = "One of a hundred answers of ${name} takes longer than ${service.answer_within_s} s."
        }
        "${name}-is-away" = {
          metric = "HealthyHostCount", below = service.always, since = 4, missing = "breaching"
          text   = "Fewer instances of ${name} take requests than should, for longer than a fail-over lasts."
        }
        } : alarm => merge(answers, {
          namespace  = "AWS/ApplicationELB"
          dimensions = { LoadBalancer = var.balancer.balancer, TargetGroup = var.balancer.targets[name] }
      }) if var.started || answers.metric != "HealthyHostCount"
    }
  ]...)

  shared_alarms = merge(
    {
      # Answers that no service gave: there was none to ask.
      balancer-5xx = {
        namespace = "AWS/ApplicationELB", dimensions = { LoadBalancer = var.balancer.balancer }
        metric    = "HTTPCode_ELB_5XX_Count", stat = "Sum", above = 0, since = 1
        text      = "Requests are answered with 5xx by the load balancer itself: no instance took them. Events of sources among them are lost."
      }
      kafka-offline-partitions = {
        namespace = "AWS/Kafka", dimensions = { "Cluster Name" = var.kafka }
        metric    = "OfflinePartitionsCount", above = 0, since = 3, missing = "missing"
        text      = "Partitions have no leader: their events wait in the outboxes."
      }
    },
    {
      for id in ["1", "2", "3"] : "kafka-${id}-disk" => {
        namespace = "AWS/Kafka", dimensions = { "Cluster Name" = var.kafka, "Broker ID" = id }
        metric    = "KafkaDataLogsDiskUsed", above = 75, since = 2, minutes = 5, missing = "missing"
        text      = "The disk of broker ${id} is filling up: raise broker_gib."
      }
    }
  )

  alarms = {
    for name, alarm in merge(local.instance_alarms, local.service_alarms, local.shared_alarms) : name => merge(
      { above = null, below = null, stat = null, minutes = 1, points = alarm.since, missing = "notBreaching" }, alarm
    )
  }
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.stat == "p99" ? null : coalesce(each.value.stat, each.value.below == null ? "Maximum" : "Minimum")
  extended_statistic  = each.value.stat == "p99" ? "p99" : null
  period              = 60 * each.value.minutes
  evaluation_periods  = each.value.since
  datapoints_to_alarm = each.value.points
  comparison_operator = each.value.below == null ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = coalesce(each.value.below, each.value.above)
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# How many of Litestream's logs the replica is behind. Its sizes tell no less: litestream_shadow_wal_size is of all logs
# that are not deleted yet. What is less than a whole log behind, the age of the outbox tells: events wait for it.
resource "aws_cloudwatch_metric_alarm" "replica" {
  for_each = var.instances

  alarm_name          = "${var.prefix}-${each.key}-replica-is-behind"
  alarm_description   = "The replica of ${each.key} is behind its store for minutes: a crash now loses more than the loss window."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "behind"
    expression  = "here - there"
    label       = "Logs behind"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      here  = "litestream_shadow_wal_index"
      there = "litestream_replica_wal_index"
    }

    content {
      id = metric_query.key

      metric {
        namespace   = var.namespace
        metric_name = metric_query.value
        dimensions  = { Instance = each.key }
        period      = 60
        stat        = "Minimum"
      }
    }
  }
}

# How many messages a service has not read: of all its topics, whatever they are called.
resource "aws_cloudwatch_metric_alarm" "lag" {
  for_each = var.services

  alarm_name          = "${var.prefix}-${each.key}-consumer-lag"
  alarm_description   = "${each.key} does not read its topics as fast as they are written."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10000
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "lag"
    label       = "Messages not read"
    period      = 60
    return_data = true
    expression  = "SELECT MAX(SumOffsetLag) FROM SCHEMA(\"AWS/Kafka\", \"Cluster Name\", \"Consumer Group\", Topic) WHERE \"Cluster Name\" = '${var.kafka}' AND \"Consumer Group\" = '${each.key}'"
  }
}
