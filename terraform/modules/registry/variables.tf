variable "name" {
  description = "What the repository is called."
  type        = string
}

variable "key" {
  description = "The key that images are encrypted with."
  type        = string
}

variable "force_destroy" {
  description = "Whether a destroy deletes images."
  type        = bool
}
