variable "name" {
  description = "What the task is called."
  type        = string
}

variable "command" {
  description = "What the program is told."
  type        = list(string)
}

variable "prefix" {
  description = "What names of this environment begin with."
  type        = string
}

variable "account" {
  description = "The AWS account."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "image" {
  description = "Waybill's image."
  type        = string
}

variable "architecture" {
  description = "What the image was built for."
  type        = string
}

variable "repository" {
  description = "The image's repository."
  type        = string
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
