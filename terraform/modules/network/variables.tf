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

variable "logs" {
  description = "For how many days refused connections are on record, and the key that they are encrypted with."
  type        = object({ days = number, key = string })
}

variable "boundary" {
  description = "The most that a role may do."
  type        = string
}
