# Names that begin with `example` are yours to replace. As production, but smaller.
environment       = "staging"
region            = "eu-west-1"
zones             = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
cidr              = "10.21.0.0/16"
domain            = "staging.waybill.example.org"
zone_id           = "Z0EXAMPLE0STAGING"
github_repository = "example/waybill"
state_bucket      = "example-waybill-state"

nat_per_zone = false
broker_type  = "kafka.t3.small"
broker_gib   = 50
log_days     = 30
replica_days = 7

# Enough to see instances come and go, and one of two gateways replaced without losing an event.
instances = {
  gateway = { always = 2, most = 3 }
  tasks   = { always = 1, most = 2 }
}

settings = {
  gateway = { GATEWAY_TARGET_URL = "https://target.staging.example.org/graphql" }
  orders = {
    ORDERS_PRODUCT_URL = "https://products.staging.example.org"
    ORDERS_USER_URL    = "https://users.staging.example.org"
  }
}
