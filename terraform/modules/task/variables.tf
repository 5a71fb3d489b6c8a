variable "name" {
  description = "What the task is called."
  type        = string
}

variable "command" {
  description = "What the program is told."
  type        = list(string)
}

variable "settings" {
  description = "Its settings."
  type        = map(string)
}

variable "secrets" {
  description = "Its settings that are secrets: where ECS fetches each from."
  type        = map(string)
}

variable "shared" {
  description = "What is the same for every task of the environment (../start says the rest)."

  type = object({
    # Waybill's, and what it was built for.
    image        = string
    architecture = string

    account    = string
    partition  = string
    region     = string
    prefix     = string
    repository = string
    secret_key = string
    logs       = object({ days = number, key = string })
    boundary   = string
  })
}
