variable "name" {
  description = "What the bucket is called."
  type        = string
}

variable "key" {
  description = "The key that replicas are encrypted with."
  type        = string
}

variable "days" {
  description = "For how long a deleted object can be brought back."
  type        = number
}

variable "force_destroy" {
  description = "Whether a destroy deletes the replicas."
  type        = bool
}
