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
  # Gauges of each instance. `since` is in minutes. An instance that is silent is as bad as one that is behind, but for
  # those that come and go: `silence` is the alarm that says so.
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
      for alarm, gauge in local.gauges : "${name}-${alarm}" => merge({ above = null, below = null, stat = null }, gauge, {
        instance                                                             = name
        missing                                                              = gauge.silence && var.started && !instance.elastic ? "breaching" : "notBreaching"
      }) if alarm != "disk-is-filling" || instance.service == "gateway"
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "gauge" {
  for_each = local.instance_alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.text
  namespace           = var.namespace
  metric_name         = each.value.metric
  dimensions          = { Instance = each.value.instance }
  statistic           = coalesce(each.value.stat, each.value.below == null ? "Maximum" : "Minimum")
  period              = 60
  evaluation_periods  = each.value.since
  datapoints_to_alarm = each.value.since
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

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.services

  alarm_name          = "${var.prefix}-${each.key}-5xx"
  alarm_description   = "${each.key} answers with 5xx."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = { LoadBalancer = var.balancer.balancer, TargetGroup = var.balancer.targets[each.key] }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  for_each = var.services

  alarm_name          = "${var.prefix}-${each.key}-latency"
  alarm_description   = "One of a hundred answers of ${each.key} takes longer than ${each.value.answer_within_s} s."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = { LoadBalancer = var.balancer.balancer, TargetGroup = var.balancer.targets[each.key] }
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.answer_within_s
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "away" {
  for_each = var.started ? var.services : {}

  alarm_name          = "${var.prefix}-${each.key}-is-away"
  alarm_description   = "Fewer instances of ${each.key} take requests than should, for longer than a fail-over lasts."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = var.balancer.balancer, TargetGroup = var.balancer.targets[each.key] }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 4
  datapoints_to_alarm = 4
  comparison_operator = "LessThanThreshold"
  threshold           = each.value.always
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Answers that no service gave: there was none to ask.
resource "aws_cloudwatch_metric_alarm" "balancer" {
  alarm_name          = "${var.prefix}-balancer-5xx"
  alarm_description   = "Requests are answered with 5xx by the load balancer itself: no instance took them. Events of sources among them are lost."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = var.balancer.balancer }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "broker_disk" {
  for_each = toset(["1", "2", "3"])

  alarm_name          = "${var.prefix}-kafka-${each.key}-disk"
  alarm_description   = "The disk of broker ${each.key} is filling up: raise broker_gib."
  namespace           = "AWS/Kafka"
  metric_name         = "KafkaDataLogsDiskUsed"
  dimensions          = { "Cluster Name" = var.kafka, "Broker ID" = each.key }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 75
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "partitions" {
  alarm_name          = "${var.prefix}-kafka-offline-partitions"
  alarm_description   = "Partitions have no leader: their events wait in the outboxes."
  namespace           = "AWS/Kafka"
  metric_name         = "OfflinePartitionsCount"
  dimensions          = { "Cluster Name" = var.kafka }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
