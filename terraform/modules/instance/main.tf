# One instance of a service: at most one task, because one process owns a store. A new task starts when the old one is
# gone: two would fight for the lease of the replica.
locals {
  deployment = {
    minimum_healthy_percent = 0
    maximum_percent         = 100
  }
}

module "start" {
  source = "../start"

  name    = var.name
  secrets = var.instance.secrets
  shared  = var.shared
}

resource "aws_ecs_service" "always" {
  #checkov:skip=CKV_AWS_332:LATEST is what is set
  count = var.instance.scale == null ? 1 : 0

  name                               = var.name
  cluster                            = var.shared.cluster.arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.shared.started ? 1 : 0
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = local.deployment.minimum_healthy_percent
  deployment_maximum_percent         = local.deployment.maximum_percent
  availability_zone_rebalancing      = "DISABLED"
  enable_execute_command             = var.shared.shell.allowed
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = var.shared.wait

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.instance.subnets
    security_groups  = [var.shared.security_group]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = var.instance.target_groups

    content {
      target_group_arn = load_balancer.value
      container_name   = "waybill"
      container_port   = var.instance.port
    }
  }

  dynamic "service_registries" {
    for_each = var.instance.discovery == null ? [] : [var.instance.discovery]

    content {
      registry_arn = service_registries.value
    }
  }
}

# The same, but that how many tasks there are, none or one, is not Terraform's to say (scaling.tf).
resource "aws_ecs_service" "elastic" {
  #checkov:skip=CKV_AWS_332:LATEST is what is set
  count = var.instance.scale == null ? 0 : 1

  name                               = var.name
  cluster                            = var.shared.cluster.arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = 0
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = local.deployment.minimum_healthy_percent
  deployment_maximum_percent         = local.deployment.maximum_percent
  availability_zone_rebalancing      = "DISABLED"
  enable_execute_command             = var.shared.shell.allowed
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = var.shared.wait

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.instance.subnets
    security_groups  = [var.shared.security_group]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = var.instance.target_groups

    content {
      target_group_arn = load_balancer.value
      container_name   = "waybill"
      container_port   = var.instance.port
    }
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}
