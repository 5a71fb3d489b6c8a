output "family" {
  description = "What `aws ecs run-task --task-definition` is given."
  value       = aws_ecs_task_definition.this.family
}

output "containers" {
  description = "Its containers."
  value       = jsondecode(aws_ecs_task_definition.this.container_definitions)
}
