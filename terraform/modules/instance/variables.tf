variable "name" {
  description = "The instance: `<service>`, `<service>-2`, …; also the prefix of its replica."
  type        = string
}

variable "service" {
  description = "What `waybill serve` is given."
  type        = string
}

variable "prefix" {
  description = "What names of this environment begin with."
  type        = string
}

variable "account" {
  description = "The AWS account."
  type        = string
}

variable "partition" {
  description = "The AWS partition."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "cluster" {
  description = "The ECS cluster."
  type        = string
}

variable "cluster_name" {
  description = "The ECS cluster's name."
  type        = string
}

variable "image" {
  description = "Waybill's image."
  type        = string
}

variable "collector_image" {
  description = "The metrics collector's image."
  type        = string
}

variable "architecture" {
  description = "What the images were built for."
  type        = string
}

variable "repository" {
  description = "The image's repository."
  type        = string
}

variable "port" {
  description = "Where the service listens."
  type        = number
}

variable "cpu" {
  description = "CPU units, for the service and the collector."
  type        = number
}

variable "memory" {
  description = "MiB, for the service and the collector."
  type        = number
}

variable "disk_gib" {
  description = "Room for the store."
  type        = number
}

variable "subnets" {
  description = "Where its task may start."
  type        = list(string)

  validation {
    condition     = length(var.subnets) > 0
    error_message = "A task needs a subnet."
  }
}

variable "security_group" {
  description = "The services' security group."
  type        = string
}

variable "target_groups" {
  description = "The target groups it is in."
  type        = list(string)
}

variable "discovery" {
  description = "Where its address is registered, when other services call it."
  type        = string
  default     = null
}

variable "settings" {
  description = "Its settings."
  type        = map(string)
}

variable "secrets" {
  description = "Its settings that are secrets: where ECS fetches each from."
  type        = map(string)
}

variable "secret_key" {
  description = "The key that its secrets are encrypted with."
  type        = string
}

variable "replica" {
  description = "The bucket of the replicas, and its key."
  type        = object({ bucket = string, arn = string, key = string })
}

variable "first_boot" {
  description = "Whether it may start with an empty store."
  type        = bool
}

variable "started" {
  description = "Whether it runs."
  type        = bool
}

variable "wait" {
  description = "Whether an apply waits until it runs."
  type        = bool
}

variable "scale" {
  description = "Null for an instance that always runs. Otherwise when it comes: the gauge (or the CPU), from where on, which instances are watched, and how many elastic instances come before it, itself included."
  type        = object({ metric = optional(string), above = number, watched = list(string), rank = number })
  default     = null
}

variable "namespace" {
  description = "Where CloudWatch has the services' own metrics."
  type        = string
}

variable "metrics_group" {
  description = "The log group that carries metrics."
  type        = object({ name = string, arn = string })
}

variable "shell" {
  description = "Whether operators may run commands in it (ECS Exec)."
  type        = bool
}

variable "shell_group" {
  description = "The log group of what operators run, and its key."
  type        = object({ arn = string, key = string })
}

variable "log_days" {
  description = "For how long its log is kept."
  type        = number
}

variable "log_key" {
  description = "The key that logs are encrypted with."
  type        = string
}

variable "boundary" {
  description = "The most that a role may do."
  type        = string
}
