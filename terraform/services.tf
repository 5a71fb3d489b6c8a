variable "services" {
  description = "Every service of the suite. Adding one is one entry: its name is what `waybill serve` is given, its host name, and its folder in the replica bucket."
  nullable    = false

  type = map(object({
    # Where it listens, as in Sources/Waybill/ServiceCatalog.swift.
    port = number
    # CPU units and MiB, in a combination that Fargate has; the metrics collector beside it is included.
    cpu    = optional(number, 512)
    memory = optional(number, 1024)
    # Room for the store, in GiB. Fargate gives 21 to 200.
    disk_gib = optional(number, 21)
    # Whether several instances may share its work, each with a store of its own (docs/hld.md, Shapes of deployment).
    several = optional(bool, false)
    # When one more instance is started: a gauge of the service, or the CPU, in percent, when it is null.
    scale_on = optional(object({ metric = optional(string), above = number }), { above = 60 })
    # Whether other services call it by name, inside of the network.
    internal = optional(bool, false)
    # Paths that take POST requests which must never be refused: no rule of the firewall is applied to them.
    never_refuse = optional(list(string), [])
    # 99 of 100 answers within so many seconds, or there is an alarm.
    answer_within_s = optional(number, 2)
    # Settings (README.md, Configuration). An environment adds to them, or replaces them, with `settings`.
    settings = optional(map(string), {})
    # Settings that are secrets. Terraform makes the secret; its value is put there by hand (README.md).
    secrets = optional(set(string), [])
  }))

  default = {
    administration = { port = 8081, cpu = 1024, memory = 2048, internal = true }
    tasks = {
      port     = 8082
      several  = true
      scale_on = { metric = "jobs_oldest_due_age_milliseconds", above = 10000 }
    }
    workflow = { port = 8083 }
    delivery = { port = 8084 }
    gateway = {
      port            = 8085
      cpu             = 1024
      memory          = 2048
      disk_gib        = 100
      several         = true
      never_refuse    = ["/events"]
      answer_within_s = 0.4
      secrets         = ["GATEWAY_TARGET_TOKEN"]
    }
    orders = { port = 8086 }
  }

  validation {
    condition     = alltrue([for name in keys(var.services) : can(regex("^[a-z][a-z]{1,15}$", name))])
    error_message = "A service is named by 2 to 16 letters a-z: the name is part of host names, buckets' prefixes and roles."
  }
  validation {
    condition     = length(distinct([for service in var.services : service.port])) == length(var.services)
    error_message = "Two services have the same port."
  }
  validation {
    condition     = alltrue([for service in var.services : service.port >= 1024 && service.port <= 65535 && !contains([9090, 9464], service.port)])
    error_message = "A port is from 1024 to 65535, because the services are not root, and neither 9090 nor 9464, where metrics are served."
  }
  validation {
    condition = alltrue([
      for service in var.services : contains([256, 512, 1024, 2048, 4096, 8192, 16384], service.cpu) &&
      service.memory >= 2 * service.cpu && service.memory <= 8 * service.cpu
    ])
    error_message = "Fargate has 256 to 16384 CPU units, doubling, with 2 to 8 MiB of memory for each."
  }
  validation {
    condition     = alltrue([for service in var.services : service.disk_gib >= 21 && service.disk_gib <= 200])
    error_message = "disk_gib is from 21 to 200."
  }
  validation {
    condition     = length([for service in var.services : service if service.internal]) == 1
    error_message = "Exactly one service is internal: the one whose keys all others check tokens with."
  }
  validation {
    condition = alltrue(flatten([
      for service in var.services : [
        for name in concat(keys(service.settings), tolist(service.secrets)) : can(regex("^[A-Z][A-Z0-9_]*$", name))
      ]
    ]))
    error_message = "A setting is named by capital letters, digits and underscores."
  }
}

locals {
  # A service that has no say in var.instances is one instance, for ever.
  numbers = {
    for name, service in var.services : name => lookup(var.instances, name, { always = 1, most = 1 })
  }

  # Each instance is an ECS service of its own with at most one task: one store, one replica, one lease. The first is
  # called after its service, the others `<service>-2`, `<service>-3`, …
  names = merge([
    for name, service in var.services : {
      for number in range(1, local.numbers[name].most + 1) :
      (number == 1 ? name : "${name}-${number}") => { service = name, number = number }
    }
  ]...)

  instances = {
    for name, instance in local.names : name => merge(instance, {
      elastic = instance.number > local.numbers[instance.service].always
      # Instances that always run are in different zones, so that no zone takes two of them away. A single one, and
      # one that comes and goes, may start in any.
      subnets = (
        local.numbers[instance.service].always > 1 && instance.number <= local.numbers[instance.service].always ?
        [module.network.private_subnets[(instance.number - 1) % length(var.zones)]] : module.network.private_subnets
      )
    })
  }
}
