output "role" {
  description = "What the pipeline takes on."
  value       = aws_iam_role.this.arn
}

output "policies" {
  description = "Who may take the role on, what it may do, and what it never may."
  value = {
    trust  = jsondecode(aws_iam_role.this.assume_role_policy)
    change = jsondecode(aws_iam_role_policy.change.policy)
    never  = jsondecode(aws_iam_role_policy.never.policy)
  }
}
