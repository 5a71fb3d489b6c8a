# Names that begin with `example` are yours to replace.
environment       = "production"
region            = "eu-west-1"
zones             = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
domain            = "waybill.example.org"
zone_id           = "Z0EXAMPLE0PRODUCTION"
github_repository = "example/waybill"
state_bucket      = "example-waybill-state"
alarm_emails      = ["oncall@example.org"]

broker_type = "kafka.m7g.large"
broker_gib  = 250

# Two gateways in two zones: a deployment, or the loss of one, refuses no event.
instances = {
  gateway = { always = 2, most = 4 }
  tasks   = { always = 1, most = 4 }
}

settings = {
  gateway = { GATEWAY_TARGET_URL = "https://target.example.org/graphql" }
  orders = {
    ORDERS_PRODUCT_URL = "https://products.example.org"
    ORDERS_USER_URL    = "https://users.example.org"
  }
}
