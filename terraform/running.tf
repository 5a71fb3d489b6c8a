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
  # What is the same for everything that runs; below, what is an instance's own or its service's.
  shared = {
    account         = local.account
    partition       = local.partition
    region          = var.region
    prefix          = local.prefix
    boundary        = aws_iam_policy.boundary.arn
    image           = var.image
    repository      = module.registry.arn
    architecture    = var.architecture
    collector_image = var.collector_image
    cluster         = { arn = aws_ecs_cluster.this.arn, name = local.prefix }
    security_group  = aws_security_group.services.id
    replica         = { bucket = module.replicas.name, arn = module.replicas.arn, key = module.data_key.arn }
    secret_key      = module.secret_key.arn
    logs            = local.logs
    namespace       = local.namespace
    metrics         = { name = aws_cloudwatch_log_group.metrics.name, arn = aws_cloudwatch_log_group.metrics.arn }
    shell           = { allowed = var.shell, log = aws_cloudwatch_log_group.shell.arn, key = module.log_key.arn }
    started         = var.started
    wait            = var.wait
  }
  running = {
    for name, instance in local.instances : name => merge(var.services[instance.service], instance, {
      settings   = local.settings[instance.service]
      secrets    = local.secrets[instance.service]
      first_boot = contains(var.first_boot, name)
      # Only the first instance of a service is called as it is, and found by its name.
      discovery = try(aws_service_discovery_service.internal[name].arn, null)
      target_groups = concat(
        [module.balancer.target_groups[instance.service]],
        local.numbers[instance.service].most > 1 ? [module.balancer.target_groups["${instance.service}-${instance.number}"]] : []
      )
      scale = instance.elastic ? {
        metric  = var.services[instance.service].scale_on.metric
        above   = var.services[instance.service].scale_on.above
        rank    = instance.number - local.numbers[instance.service].always
        watched = [for other, each in local.instances : other if each.service == instance.service && !each.elastic]
      } : null
    })
  }
}

# The first instance of every service. An apply waits until they run, and only then touches the others: of a service
# that runs several, one is always there.
module "first" {
  source   = "./modules/instance"
  for_each = { for name, instance in local.running : name => instance if instance.number == 1 }

  name     = each.key
  instance = each.value
  shared   = local.shared
}

module "further" {
  source     = "./modules/instance"
  for_each   = { for name, instance in local.running : name => instance if instance.number > 1 }
  depends_on = [module.first]

  name     = each.key
  instance = each.value
  shared   = local.shared
}

module "topics" {
  source = "./modules/task"

  name     = "topics"
  command  = ["topics", "apply", "--replication", "3"]
  settings = local.kafka
  secrets  = local.user["topics"]
  shared   = local.shared
}
