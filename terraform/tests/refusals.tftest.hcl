# Input that is wrong is refused before anything is made.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/waybill-production@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "an_image_by_tag" {
  command = plan
  variables { image = "waybill:latest" }
  expect_failures = [var.image]
}

run "a_collector_by_latest" {
  command = plan
  variables { collector_image = "public.ecr.aws/aws-observability/aws-otel-collector:latest" }
  expect_failures = [var.collector_image]
}

run "two_workflows" {
  command = plan
  variables { instances = { workflow = { always = 1, most = 2 } } }
  expect_failures = [var.instances]
}

run "no_gateway" {
  command = plan
  variables { instances = { gateway = { always = 0, most = 2 } } }
  expect_failures = [var.instances]
}

run "more_gateways_than_partitions" {
  command = plan
  variables { instances = { gateway = { always = 2, most = 13 } } }
  expect_failures = [var.instances]
}

run "an_unknown_service" {
  command = plan
  variables { settings = { gatway = { GATEWAY_BATCH = "1" } } }
  expect_failures = [var.settings]
}

run "a_secret_as_a_setting" {
  command = plan
  variables { settings = { gateway = { GATEWAY_TARGET_TOKEN = "plain" } } }
  expect_failures = [var.settings]
}

run "a_first_boot_of_nobody" {
  command = plan
  variables { first_boot = ["workflow-2"] }
  expect_failures = [var.first_boot]
}

run "two_zones" {
  command = plan
  variables { zones = ["eu-west-1a", "eu-west-1b", "eu-west-1b"] }
  expect_failures = [var.zones]
}

run "a_wildcard_for_a_repository" {
  command = plan
  variables { github_repository = "example/*" }
  expect_failures = [var.github_repository]
}

run "a_scheme_in_the_domain" {
  command = plan
  variables { domain = "https://waybill.example.org" }
  expect_failures = [var.domain]
}

run "a_name_too_long" {
  command = plan
  variables { environment = "production-in-europe" }
  expect_failures = [var.environment]
}

run "a_network_too_small" {
  command = plan
  variables { cidr = "10.0.0.0/28" }
  expect_failures = [var.cidr]
}

run "secrets_kept_for_three_days" {
  command = plan
  variables { secret_recovery_days = 3 }
  expect_failures = [var.secret_recovery_days]
}

run "two_services_at_one_port" {
  command = plan
  variables {
    services = {
      administration = { port = 8081, internal = true }
      gateway        = { port = 8081, several = true }
      tasks          = { port = 8082, several = true }
    }
  }
  expect_failures = [var.services]
}

run "tokens_of_nobody" {
  command = plan
  variables {
    services = {
      gateway = { port = 8085, several = true }
      tasks   = { port = 8082, several = true }
    }
  }
  expect_failures = [var.services]
}
