variable "name" {
  description = "What the load balancer is called."
  type        = string
}

variable "environment" {
  description = "The environment's name, which begins those of target groups: they are 32 letters at most."
  type        = string
}

variable "account" {
  description = "The AWS account."
  type        = string
}

variable "vpc" {
  description = "The network."
  type        = string
}

variable "subnets" {
  description = "The public subnets."
  type        = list(string)
}

variable "service_group" {
  description = "The security group of the services."
  type        = string
}

variable "domain" {
  description = "Each target is at https://<its key>.<domain>."
  type        = string
}

variable "zone_id" {
  description = "The hosted zone of the domain."
  type        = string
}

variable "targets" {
  description = "What requests are sent on to."
  type        = map(object({ port = number }))
}

variable "never_refuse" {
  description = "Paths whose POST requests pass the firewall unseen, by target."
  type        = map(string)
}

variable "requests_per_address" {
  description = "Requests in five minutes from one address, beyond which it is refused."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
}

variable "force_destroy" {
  description = "Whether a destroy deletes the access logs."
  type        = bool
}

variable "logs" {
  description = "For how many days logs are kept, and the key that they are encrypted with."
  type        = object({ days = number, key = string })
}
