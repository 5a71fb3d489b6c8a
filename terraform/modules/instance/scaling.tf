# An elastic instance comes when those that always run are busy, and goes when it has nothing left: its store is in the
# bucket meanwhile, with whom it knows and what it remembers, and is restored when it comes again. The average of a
# group says nothing here: which instance goes matters.
locals {
  elastic = var.instance.scale == null ? 0 : 1
  # The second elastic instance waits longer than the first, so that they come one after the other.
  patience = var.instance.scale == null ? 0 : 3 * var.instance.scale.rank
}

resource "aws_appautoscaling_target" "this" {
  count = local.elastic

  service_namespace  = "ecs"
  resource_id        = "service/${var.shared.cluster.name}/${aws_ecs_service.elastic[0].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 0
  max_capacity       = var.shared.started ? 1 : 0
}

resource "aws_appautoscaling_policy" "this" {
  for_each = toset(local.elastic == 1 ? ["come", "go"] : [])

  name               = "${var.shared.prefix}-${var.name}-${each.key}"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 300

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = each.key == "come" ? 1 : 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "come" {
  count = local.elastic

  alarm_name          = "${var.shared.prefix}-${var.name}-is-needed"
  alarm_description   = "Those that always run are busy: ${var.name} starts."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.instance.scale.above
  evaluation_periods  = local.patience
  datapoints_to_alarm = local.patience
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_appautoscaling_policy.this["come"].arn]

  metric_query {
    id          = "busiest"
    expression  = "MAX(METRICS())"
    label       = "The busiest"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { for index, name in var.instance.scale.watched : "m${index}" => name }

    content {
      id = metric_query.key

      metric {
        namespace   = var.instance.scale.metric == null ? "AWS/ECS" : var.shared.namespace
        metric_name = var.instance.scale.metric == null ? "CPUUtilization" : var.instance.scale.metric
        dimensions  = var.instance.scale.metric == null ? { ClusterName = var.shared.cluster.name, ServiceName = metric_query.value } : { Instance = metric_query.value }
        period      = 60
        stat        = var.instance.scale.metric == null ? "Average" : "Maximum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "go" {
  count = local.elastic

  alarm_name          = "${var.shared.prefix}-${var.name}-is-idle"
  alarm_description   = "${var.name} has nothing left to do, to send or to hold back: it stops."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 20
  datapoints_to_alarm = 20
  # Without readings nobody knows what it has left.
  treat_missing_data = "missing"
  alarm_actions      = [aws_appautoscaling_policy.this["go"].arn]

  metric_query {
    id          = "idle"
    expression  = "IF(outbox + parked + FILL(waiting, 0) + FILL(running, 0) > 0, 0, IF(cpu > 20, 0, 1))"
    label       = "Idle"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      outbox  = "outbox_waiting"
      parked  = "messaging_parked"
      waiting = "jobs_waiting"
      running = "jobs_running"
    }

    content {
      id = metric_query.key

      metric {
        namespace   = var.shared.namespace
        metric_name = metric_query.value
        dimensions  = { Instance = var.name }
        period      = 60
        stat        = "Maximum"
      }
    }
  }

  metric_query {
    id = "cpu"

    metric {
      namespace   = "AWS/ECS"
      metric_name = "CPUUtilization"
      dimensions  = { ClusterName = var.shared.cluster.name, ServiceName = var.name }
      period      = 60
      stat        = "Average"
    }
  }
}
