output "urls" {
  description = "Where the services are."
  value       = { for name in keys(var.services) : name => "https://${name}.${var.domain}" }
}

output "image_repository" {
  description = "Where images are pushed to."
  value       = module.registry.url
}

output "replica_bucket" {
  description = "Where the replicas are, a folder for each instance."
  value       = module.replicas.name
}

output "pipeline_role" {
  description = "What the pipeline takes on; null without a github_repository."
  value       = one(module.pipeline[*].role)
}

output "alarms" {
  description = "Where alarms go."
  value       = module.monitoring.topic
}

output "secrets_to_fill" {
  description = "Secrets whose value is put there by hand."
  value = {
    kafka    = module.broker.secret_names
    settings = [for secret in aws_secretsmanager_secret.setting : secret.name]
  }
}

output "run_topics" {
  description = "What `aws ecs run-task` is given to create the topics."
  value = {
    cluster         = aws_ecs_cluster.this.name
    task_definition = module.topics.family
    network_configuration = jsonencode({
      awsvpcConfiguration = {
        subnets        = module.network.private_subnets
        securityGroups = [aws_security_group.services.id]
        assignPublicIp = "DISABLED"
      }
    })
  }
}
