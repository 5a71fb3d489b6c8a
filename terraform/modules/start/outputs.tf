output "role" {
  description = "ECS takes it on to start the task."
  value       = aws_iam_role.this.arn
}

output "trust" {
  description = "Who takes a task's roles on: ECS, for this account."
  value       = local.trust
}

output "policy" {
  description = "What the role may do."
  value       = aws_iam_role_policy.this.policy
}

output "log" {
  description = "The log group."
  value       = aws_cloudwatch_log_group.this.name
}
