output "name" {
  description = "The cluster's name, which its metrics have as a dimension."
  value       = aws_msk_cluster.this.cluster_name
}

output "bootstrap_servers" {
  description = "KAFKA_BOOTSTRAP_SERVERS."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
}

output "secrets" {
  description = "The secret of each user, with `username` and `password`."
  value       = { for name, secret in aws_secretsmanager_secret.user : name => secret.arn }
}

output "secret_names" {
  description = "The name of each user's secret."
  value       = { for name, secret in aws_secretsmanager_secret.user : name => secret.name }
}
