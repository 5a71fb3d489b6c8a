variable "name" {
  description = "The instance: `<service>`, `<service>-2`, …; also the prefix of its replica."
  type        = string
}

variable "instance" {
  description = "What is its own, or its service's."

  type = object({
    # What `waybill serve` is given, and where it listens.
    service = string
    port    = number
    # CPU units and MiB, for the service and the collector.
    cpu    = number
    memory = number
    # Room for the store.
    disk_gib = number
    # Where its task may start.
    subnets = list(string)
    # The target groups it is in.
    target_groups = list(string)
    # Where its address is registered, when other services call it.
    discovery = string
    settings  = map(string)
    # Settings that are secrets: where ECS fetches each from.
    secrets = map(string)
    # Whether it may start with an empty store.
    first_boot = bool
    # Null for an instance that always runs. Otherwise when it comes: the gauge (or the CPU), from where on, which
    # instances are watched, and how many elastic instances come before it, itself included.
    scale = object({ metric = string, above = number, watched = list(string), rank = number })
  })

  validation {
    condition     = length(var.instance.subnets) > 0
    error_message = "A task needs a subnet."
  }
}

variable "shared" {
  description = "What is the same for every instance of the environment (../task and ../start say the rest)."

  type = object({
    cluster         = object({ arn = string, name = string })
    collector_image = string
    # The services' own.
    security_group = string
    # The bucket of the replicas, and its key.
    replica = object({ bucket = string, arn = string, key = string })
    # Whether instances run, and whether an apply waits until they do.
    started = bool
    wait    = bool
    # Where CloudWatch has the services' own metrics, and the log group that carries them.
    namespace = string
    metrics   = object({ name = string, arn = string })
    # Whether operators may run commands in a task (ECS Exec); the log group of what they run, and its key.
    shell = object({ allowed = bool, log = string, key = string })

    image        = string
    architecture = string
    account      = string
    partition    = string
    region       = string
    prefix       = string
    repository   = string
    secret_key   = string
    logs         = object({ days = number, key = string })
    boundary     = string
  })
}
