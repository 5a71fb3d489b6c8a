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

variable "namespace" {
  description = "Where CloudWatch has the services' own metrics."
  type        = string
}

variable "cluster" {
  description = "The ECS cluster's name."
  type        = string
}

variable "kafka" {
  description = "The MSK cluster's name."
  type        = string
}

variable "balancer" {
  description = "What CloudWatch calls the load balancer and the target group of each service."
  type        = object({ balancer = string, targets = map(string) })
}

variable "instances" {
  description = "All instances: of which service, and whether they come and go."
  type        = map(object({ service = string, elastic = bool }))
}

variable "services" {
  description = "All services: how many instances always run, and within how many seconds 99 of 100 answers come."
  type        = map(object({ always = number, answer_within_s = number }))
}

variable "started" {
  description = "Whether the services run: silence is an alarm only then."
  type        = bool
}

variable "emails" {
  description = "Who is written to."
  type        = set(string)
}

variable "log_key" {
  description = "The key that alarms are encrypted with on their way."
  type        = string
}
