output "topic" {
  description = "Where alarms go; others can subscribe."
  value       = aws_sns_topic.alarms.arn
}

output "watched" {
  description = "The services' own metrics that have an alarm or are in the dashboard."
  value = distinct(concat(
    [for gauge in local.gauges : gauge.metric],
    flatten([for picture in local.gauge_pictures : [for metric in picture.metrics : metric[1]]])
  ))
}

output "alarms" {
  description = "All alarms, by name: what is watched, and what silence means."
  value = {
    for alarm in concat(
      values(aws_cloudwatch_metric_alarm.metric), values(aws_cloudwatch_metric_alarm.replica),
      values(aws_cloudwatch_metric_alarm.lag),
    ) : alarm.alarm_name => { metric = alarm.metric_name, threshold = alarm.threshold, missing = alarm.treat_missing_data }
  }
}
