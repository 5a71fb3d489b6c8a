variable "prefix" {
  description = "What names of this environment begin with."
  type        = string
}

variable "environment" {
  description = "GitHub's environment of the same name."
  type        = string
}

variable "repository" {
  description = "GitHub's repository, as owner/name."
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

variable "boundary" {
  description = "The most that a role it makes may do."
  type        = string
}

variable "state_bucket" {
  description = "The bucket of the state."
  type        = string
}

variable "replica_bucket" {
  description = "The bucket of the replicas, which it may neither read nor write."
  type        = string
}
