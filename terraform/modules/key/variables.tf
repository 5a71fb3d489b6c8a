variable "name" {
  description = "The key's alias, without `alias/`."
  type        = string
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "deletion_days" {
  description = "For how many days a deleted key can be brought back."
  type        = number
  default     = 30
}

variable "services" {
  description = "AWS services that use the key by themselves, each with the condition that holds them to this account."
  type        = map(map(map(string)))
  default     = {}
}
