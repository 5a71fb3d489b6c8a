variable "environment" {
  description = "Its name is part of every other name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "The environment is 2 to 12 letters and digits, beginning with a letter."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "zones" {
  description = "The availability zones, one broker and one subnet of each kind in each."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == 3
    error_message = "Three different zones: a majority of the brokers outlives the loss of one."
  }
}

variable "cidr" {
  description = "The network's addresses; each of the six subnets is a sixteenth of them."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && try(tonumber(split("/", var.cidr)[1]) <= 20, false)
    error_message = "A block such as 10.20.0.0/16, /20 at the smallest."
  }
}

variable "nat_per_zone" {
  description = "One NAT gateway in each zone; with false one for all, whose zone is then a single point of failure."
  type        = bool
  default     = true
}

variable "domain" {
  description = "Services are at https://<service>.<domain>."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain such as waybill.example.org, in small letters, without a scheme or a final dot."
  }
}

variable "zone_id" {
  description = "The Route 53 hosted zone of the domain. It exists before."
  type        = string
}

variable "image" {
  description = "Waybill's image, by digest: what was tested is what runs."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest: <repository>@sha256:<64 hexadecimal digits>. A tag can be moved."
  }
}

variable "collector_image" {
  description = "The AWS Distro for OpenTelemetry collector that carries the metrics to CloudWatch."
  type        = string
  default     = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"

  validation {
    condition     = can(regex("(@sha256:[0-9a-f]{64}|:v[0-9]+\\.[0-9]+\\.[0-9]+)$", var.collector_image))
    error_message = "Name the collector by digest or by a full version, never by latest."
  }
}

variable "architecture" {
  description = "What the image was built for."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "X86_64 or ARM64."
  }
}

variable "instances" {
  description = "How many instances of a service run always, and at most: for services that allow several."
  type        = map(object({ always = number, most = number }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.instances) : try(var.services[name].several, false)])
    error_message = "Only services that are marked `several` have more than one instance: the others own their table of entities alone (docs/hld.md)."
  }
  validation {
    condition     = alltrue([for number in var.instances : number.always >= 1 && number.most >= number.always && number.most <= 12])
    error_message = "1 <= always <= most <= 12: a topic has 12 partitions."
  }
}

variable "settings" {
  description = "Settings of this environment, by service (README.md, Configuration)."
  type        = map(map(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.settings) : contains(keys(var.services), name)])
    error_message = "settings names a service that there is not."
  }
  validation {
    condition = alltrue(flatten([
      for settings in var.settings : [for name in keys(settings) : !can(regex("(PASSWORD|SECRET|TOKEN|KEY)$", name))]
    ]))
    error_message = "A password, secret, token or key is not a setting: name it in `secrets` of the service."
  }
}

variable "started" {
  description = "Whether there is something to run. False for the first apply alone, before secrets have values and there is an image (README.md)."
  type        = bool
  default     = true
}

variable "wait" {
  description = "Whether an apply waits until the services run as they should."
  type        = bool
  default     = true
}

variable "shell" {
  description = "Whether operators may run commands in a running task (ECS Exec), such as `waybill users role`. Each is on record."
  type        = bool
  default     = true
}

variable "first_boot" {
  description = "Instances that may start with an empty store, because they never ran. Any other refuses to: an empty store is then a lost replica."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.first_boot : contains(keys(local.names), name)])
    error_message = "first_boot names an instance that there is not: they are called <service>, <service>-2, <service>-3, …"
  }
}

variable "kafka_version" {
  description = "The brokers' version, one that MSK recommends."
  type        = string
  default     = "3.8.x"
}

variable "broker_type" {
  description = "The brokers' instance type."
  type        = string
  default     = "kafka.m7g.large"

  validation {
    condition     = startswith(var.broker_type, "kafka.")
    error_message = "An MSK instance type, such as kafka.m7g.large."
  }
}

variable "broker_gib" {
  description = "Each broker's disk. It can grow, never shrink."
  type        = number
  default     = 250

  validation {
    condition     = var.broker_gib >= 1 && var.broker_gib <= 16384
    error_message = "From 1 to 16384 GiB."
  }
}

variable "requests_per_address" {
  description = "Requests in five minutes from one address, beyond which it is refused. Not for what must never be refused."
  type        = number
  default     = 3000

  validation {
    condition     = var.requests_per_address >= 100
    error_message = "At least 100."
  }
}

variable "alarm_emails" {
  description = "Who is written to when an alarm goes off. Each address has to confirm."
  type        = set(string)
  default     = []
}

variable "log_days" {
  description = "For how long logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_days)
    error_message = "30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "replica_days" {
  description = "For how long a replica's deleted objects can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.replica_days >= 1
    error_message = "At least a day."
  }
}

variable "github_repository" {
  description = "Whose pipeline may deploy this environment, as owner/name; no role is made when it is null."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github_repository))
    error_message = "owner/name, without wildcards."
  }
}

variable "state_bucket" {
  description = "The bucket of the state, which the pipeline's role may use."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || var.state_bucket != null
    error_message = "The pipeline needs the state: name its bucket."
  }
}

variable "force_destroy" {
  description = "Whether a destroy deletes buckets and repositories that hold something. True destroys the replicas."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = true
}

variable "secret_recovery_days" {
  description = "For how many days a deleted secret can be brought back; 0 for none."
  type        = number
  default     = 30

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "0, or 7 to 30."
  }
}
