output "service" {
  description = "The ECS service, as it is; for tests and other modules."
  value       = one(concat(aws_ecs_service.always, aws_ecs_service.elastic))
}

output "containers" {
  description = "The containers of its task."
  value       = jsondecode(aws_ecs_task_definition.this.container_definitions)
}

output "policies" {
  description = "What it may do: running, and to start."
  value = {
    task  = jsondecode(aws_iam_role_policy.task.policy)
    start = jsondecode(module.start.policy)
  }
}

output "capacity" {
  description = "The fewest and the most tasks that scaling may ask for; null for an instance that always runs."
  value       = one([for target in aws_appautoscaling_target.this : { least = target.min_capacity, most = target.max_capacity }])
}

output "metrics" {
  description = "What it tells CloudWatch."
  value       = local.metrics
}
