variable "name" {
  description = "What the task is called."
  type        = string
}

variable "secrets" {
  description = "Its settings that are secrets: where ECS fetches each from."
  type        = map(string)
}

variable "shared" {
  description = "What is the same for every task of the environment."

  type = object({
    account   = string
    partition = string
    region    = string
    # What names begin with.
    prefix = string
    # Where the image is.
    repository = string
    # What secrets are encrypted with.
    secret_key = string
    # For how long logs are kept, and what they are encrypted with.
    logs = object({ days = number, key = string })
    # The most that a role may do.
    boundary = string
  })
}
