# Input that is wrong is refused before anything is made. Each run has one fault in each variable it names, and all of
# them must be found.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/waybill-production@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "names_and_places" {
  command = plan

  variables {
    environment       = "production-in-europe"
    zones             = ["eu-west-1a", "eu-west-1b", "eu-west-1b"]
    cidr              = "10.0.0.0/28"
    domain            = "https://waybill.example.org"
    github_repository = "example/*"
    first_boot        = ["workflow-2"]
  }

  expect_failures = [var.environment, var.zones, var.cidr, var.domain, var.github_repository, var.first_boot]
}

run "what_runs" {
  command = plan

  variables {
    image           = "waybill:latest"
    collector_image = "public.ecr.aws/aws-observability/aws-otel-collector:latest"
    architecture    = "arm"
    # One workflow: it owns its table alone.
    instances = { workflow = { always = 1, most = 2 } }
    # A misspelt service.
    settings             = { gatway = { GATEWAY_BATCH = "1" } }
    secret_recovery_days = 3
  }

  expect_failures = [var.image, var.collector_image, var.architecture, var.instances, var.settings, var.secret_recovery_days]
}

run "how_many" {
  command = plan

  variables {
    # More than a topic has partitions.
    instances = { gateway = { always = 2, most = 13 } }
    # A secret in plain sight.
    settings = { gateway = { GATEWAY_TARGET_TOKEN = "plain" } }
  }

  expect_failures = [var.instances, var.settings]
}

run "services_at_one_port" {
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
