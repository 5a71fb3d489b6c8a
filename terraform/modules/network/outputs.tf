output "vpc" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnets" {
  description = "One in each zone: for the load balancer."
  value       = aws_subnet.public[*].id
}

output "private_subnets" {
  description = "One in each zone: for services and brokers."
  value       = aws_subnet.private[*].id
}
