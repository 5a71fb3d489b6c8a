# Any environment can be planned.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/waybill@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "before_the_first_start" {
  command = plan

  variables {
    started = false
  }

  assert {
    condition     = alltrue([for instance in module.first : instance.service.desired_count == 0])
    error_message = "Services run although there is nothing to run yet."
  }
}
