variable "name" {
  description = "What the cluster is called."
  type        = string
}

variable "vpc" {
  description = "The network."
  type        = string
}

variable "subnets" {
  description = "One for each broker, each in a zone of its own."
  type        = list(string)

  validation {
    condition     = length(var.subnets) == 3
    error_message = "Three subnets: one for each broker."
  }
}

variable "client_group" {
  description = "The security group of those who may connect."
  type        = string
}

variable "kafka_version" {
  description = "The brokers' version."
  type        = string
}

variable "instance_type" {
  description = "The brokers' instance type."
  type        = string
}

variable "volume_gib" {
  description = "Each broker's disk."
  type        = number
}

variable "users" {
  description = "Who may connect, by name."
  type        = set(string)
}

variable "filled" {
  description = "Whether the users' secrets have values: MSK refuses one without."
  type        = bool
}

variable "data_key" {
  description = "The key that the brokers' disks are encrypted with."
  type        = string
}

variable "secret_key" {
  description = "The key that the users' secrets are encrypted with."
  type        = string
}

variable "secret_recovery_days" {
  description = "For how many days a deleted secret can be brought back."
  type        = number
}

variable "logs" {
  description = "For how many days the brokers' logs are kept, and the key that they are encrypted with."
  type        = object({ days = number, key = string })
}
