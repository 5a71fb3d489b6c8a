# A setting that is a secret. Its value is put there by hand, and a task does not start without it (README.md).
resource "aws_secretsmanager_secret" "setting" {
  #checkov:skip=CKV2_AWS_57:What it opens is somebody else's, who says when it changes
  for_each = merge([
    for name, service in var.services : { for secret in service.secrets : "${name}/${secret}" => name }
  ]...)

  name                    = "${local.prefix}/${each.key}"
  description             = "A setting of ${each.value}"
  kms_key_id              = module.secret_key.arn
  recovery_window_in_days = var.secret_recovery_days
}

locals {
  issuer = one([for name, service in var.services : name if service.internal])
  kafka = {
    KAFKA_BOOTSTRAP_SERVERS = module.broker.bootstrap_servers
    KAFKA_SECURITY_PROTOCOL = "SASL_SSL"
    KAFKA_SASL_MECHANISM    = "SCRAM-SHA-512"
  }
  user = {
    for name in concat(keys(var.services), ["topics"]) : name => {
      KAFKA_SASL_USERNAME = "${module.broker.secrets[name]}:username::"
      KAFKA_SASL_PASSWORD = "${module.broker.secrets[name]}:password::"
    }
  }
  # What `waybill serve` is told, by service.
  settings = {
    for name, service in var.services : name => merge(
      local.kafka,
      { LOG_LEVEL = "info" },
      name == local.issuer ? {} : {
        JWKS_URL = "http://${local.issuer}.${local.prefix}.internal:${var.services[local.issuer].port}/.well-known/jwks.json"
      },
      service.settings,
      lookup(var.settings, name, {})
    )
  }
  secrets = {
    for name, service in var.services : name => merge(
      local.user[name],
      { for secret in service.secrets : secret => aws_secretsmanager_secret.setting["${name}/${secret}"].arn }
    )
  }
  # Everything that an instance is given, whichever it is.
  shared = {
    cluster = aws_ecs_cluster.this.arn
    replica = { bucket = module.replicas.name, arn = module.replicas.arn, key = module.data_key.arn }
    metrics = { name = aws_cloudwatch_log_group.metrics.name, arn = aws_cloudwatch_log_group.metrics.arn }
    shell   = { arn = aws_cloudwatch_log_group.shell.arn, key = module.log_key.arn }
  }
  target_groups = {
    for name, instance in local.instances : name => concat(
      [module.balancer.target_groups[instance.service]],
      local.numbers[instance.service].most > 1 ? [module.balancer.target_groups["${instance.service}-${instance.number}"]] : []
    )
  }
  scale = {
    for name, instance in local.instances : name => instance.elastic ? {
      metric  = var.services[instance.service].scale_on.metric
      above   = var.services[instance.service].scale_on.above
      rank    = instance.number - local.numbers[instance.service].always
      watched = [for other, each in local.instances : other if each.service == instance.service && !each.elastic]
    } : null
  }
}

# The first instance of every service. An apply waits until they run, and only then touches the others: of a service
# that runs several, one is always there.
module "first" {
  source   = "./modules/instance"
  for_each = { for name, instance in local.instances : name => instance if instance.number == 1 }

  name            = each.key
  service         = each.value.service
  prefix          = local.prefix
  account         = local.account
  partition       = local.partition
  region          = var.region
  cluster         = local.shared.cluster
  cluster_name    = local.prefix
  image           = var.image
  collector_image = var.collector_image
  architecture    = var.architecture
  repository      = module.registry.arn
  port            = var.services[each.value.service].port
  cpu             = var.services[each.value.service].cpu
  memory          = var.services[each.value.service].memory
  disk_gib        = var.services[each.value.service].disk_gib
  subnets         = each.value.subnets
  security_group  = aws_security_group.services.id
  target_groups   = local.target_groups[each.key]
  discovery       = try(aws_service_discovery_service.internal[each.value.service].arn, null)
  settings        = local.settings[each.value.service]
  secrets         = local.secrets[each.value.service]
  secret_key      = module.secret_key.arn
  replica         = local.shared.replica
  first_boot      = contains(var.first_boot, each.key)
  started         = var.started
  wait            = var.wait
  scale           = local.scale[each.key]
  namespace       = local.namespace
  metrics_group   = local.shared.metrics
  shell           = var.shell
  shell_group     = local.shared.shell
  log_days        = var.log_days
  log_key         = module.log_key.arn
  boundary        = aws_iam_policy.boundary.arn
}

module "further" {
  source     = "./modules/instance"
  for_each   = { for name, instance in local.instances : name => instance if instance.number > 1 }
  depends_on = [module.first]

  name            = each.key
  service         = each.value.service
  prefix          = local.prefix
  account         = local.account
  partition       = local.partition
  region          = var.region
  cluster         = local.shared.cluster
  cluster_name    = local.prefix
  image           = var.image
  collector_image = var.collector_image
  architecture    = var.architecture
  repository      = module.registry.arn
  port            = var.services[each.value.service].port
  cpu             = var.services[each.value.service].cpu
  memory          = var.services[each.value.service].memory
  disk_gib        = var.services[each.value.service].disk_gib
  subnets         = each.value.subnets
  security_group  = aws_security_group.services.id
  target_groups   = local.target_groups[each.key]
  settings        = local.settings[each.value.service]
  secrets         = local.secrets[each.value.service]
  secret_key      = module.secret_key.arn
  replica         = local.shared.replica
  first_boot      = contains(var.first_boot, each.key)
  started         = var.started
  wait            = var.wait
  scale           = local.scale[each.key]
  namespace       = local.namespace
  metrics_group   = local.shared.metrics
  shell           = var.shell
  shell_group     = local.shared.shell
  log_days        = var.log_days
  log_key         = module.log_key.arn
  boundary        = aws_iam_policy.boundary.arn
}

module "topics" {
  source = "./modules/task"

  name         = "topics"
  command      = ["topics", "apply", "--replication", "3"]
  prefix       = local.prefix
  account      = local.account
  region       = var.region
  image        = var.image
  architecture = var.architecture
  repository   = module.registry.arn
  settings     = local.kafka
  secrets      = local.user["topics"]
  secret_key   = module.secret_key.arn
  log_days     = var.log_days
  log_key      = module.log_key.arn
  boundary     = aws_iam_policy.boundary.arn
}
