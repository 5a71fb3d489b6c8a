output "target_groups" {
  description = "The target groups, by target."
  value       = { for name, group in aws_lb_target_group.this : name => group.arn }
  # A service cannot be attached to a target group that no listener has.
  depends_on = [aws_lb_listener_rule.host]
}

output "security_group" {
  description = "Where requests come from."
  value       = aws_security_group.this.id
}

output "dimensions" {
  description = "What CloudWatch calls the load balancer and its target groups."
  value = {
    balancer = aws_lb.this.arn_suffix
    targets  = { for name, group in aws_lb_target_group.this : name => group.arn_suffix }
  }
}
