data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  prefix    = "waybill-${var.environment}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # Where CloudWatch has the services' own metrics.
  namespace = "Waybill/${title(var.environment)}"
  logs      = { days = var.log_days, key = module.log_key.arn }
  of_ours   = { StringEquals = { "aws:SourceAccount" = local.account } }
}

module "data_key" {
  source = "./modules/key"

  name        = "${local.prefix}-data"
  description = "Replicas, brokers' disks and images of ${local.prefix}"
}

module "secret_key" {
  source = "./modules/key"

  name        = "${local.prefix}-secrets"
  description = "Secrets of ${local.prefix}"
}

module "log_key" {
  source = "./modules/key"

  name        = "${local.prefix}-logs"
  description = "Logs and alarms of ${local.prefix}"

  services = {
    "logs.${var.region}.amazonaws.com" = {
      ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:*" }
    }
    "cloudwatch.amazonaws.com" = local.of_ours
  }
}

module "network" {
  source = "./modules/network"

  name         = local.prefix
  region       = var.region
  account      = local.account
  cidr         = var.cidr
  zones        = var.zones
  nat_per_zone = var.nat_per_zone
  logs         = local.logs
  boundary     = aws_iam_policy.boundary.arn
}

module "registry" {
  source = "./modules/registry"

  name          = local.prefix
  key           = module.data_key.arn
  force_destroy = var.force_destroy
}

module "replicas" {
  source = "./modules/replicas"

  name          = "${local.prefix}-replicas-${local.account}"
  key           = module.data_key.arn
  days          = var.replica_days
  force_destroy = var.force_destroy
}

module "broker" {
  source = "./modules/broker"

  name                 = local.prefix
  vpc                  = module.network.vpc
  subnets              = module.network.private_subnets
  client_group         = aws_security_group.services.id
  kafka_version        = var.kafka_version
  instance_type        = var.broker_type
  volume_gib           = var.broker_gib
  users                = concat(keys(var.services), ["topics"])
  filled               = var.started
  data_key             = module.data_key.arn
  secret_key           = module.secret_key.arn
  secret_recovery_days = var.secret_recovery_days
  logs                 = local.logs
}

module "balancer" {
  source = "./modules/balancer"

  name                 = local.prefix
  environment          = var.environment
  account              = local.account
  vpc                  = module.network.vpc
  subnets              = module.network.public_subnets
  service_group        = aws_security_group.services.id
  domain               = var.domain
  zone_id              = var.zone_id
  requests_per_address = var.requests_per_address
  deletion_protection  = var.deletion_protection
  force_destroy        = var.force_destroy
  logs                 = local.logs
  never_refuse = merge([
    for name, service in var.services : { for path in service.never_refuse : "${name}${path}" => path }
  ]...)

  # Each service by its name, and each instance of several by its number: what it alone keeps is asked of it alone.
  targets = merge(
    { for name, service in var.services : name => { port = service.port } },
    {
      for name, instance in local.instances : "${instance.service}-${instance.number}" => { port = var.services[instance.service].port }
      if local.numbers[instance.service].most > 1
    }
  )
}

module "monitoring" {
  source = "./modules/monitoring"

  prefix    = local.prefix
  account   = local.account
  region    = var.region
  namespace = local.namespace
  cluster   = aws_ecs_cluster.this.name
  kafka     = module.broker.name
  balancer  = module.balancer.dimensions
  started   = var.started
  emails    = var.alarm_emails
  log_key   = module.log_key.arn
  instances = { for name, instance in local.instances : name => { service = instance.service, elastic = instance.elastic } }
  services = {
    for name, service in var.services : name => { always = local.numbers[name].always, answer_within_s = service.answer_within_s }
  }
}

module "pipeline" {
  source = "./modules/pipeline"
  count  = var.github_repository == null ? 0 : 1

  prefix         = local.prefix
  environment    = var.environment
  repository     = var.github_repository
  account        = local.account
  partition      = local.partition
  region         = var.region
  boundary       = aws_iam_policy.boundary.arn
  state_bucket   = var.state_bucket
  replica_bucket = module.replicas.arn
}
