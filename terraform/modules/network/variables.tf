variable "name" {
  description = "What the network is called."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "account" {
  description = "The AWS account."
  type        = string
}

variable "cidr" {
  description = "The network's addresses."
  type        = string
}

variable "zones" {
  description = "The availability zones."
  type        = list(string)
}

variable "nat_per_zone" {
  description = "One NAT gateway in each zone, or one for all."
  type        = bool
}

variable "log_days" {
  description = "For how long refused connections are on record."
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
