# A task that is run now and then, by hand or by the pipeline: it starts, does its work and ends.
module "start" {
  source = "../start"

  name    = var.name
  secrets = var.secrets
  shared  = var.shared
}

resource "aws_ecs_task_definition" "this" {
  #checkov:skip=CKV_AWS_249:It calls no AWS service while it runs, and has no role for it
  family                   = "${var.shared.prefix}-${var.name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.start.role

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.shared.architecture
  }

  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([{
    name                   = "waybill"
    image                  = var.shared.image
    essential              = true
    command                = var.command
    user                   = "10001:10001"
    stopTimeout            = 120
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    environment            = [for name, value in merge(var.settings, { WAYBILL_DATA = "/tmp" }) : { name = name, value = value }]
    secrets                = [for name, source in var.secrets : { name = name, valueFrom = source }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = module.start.log
        awslogs-region        = var.shared.region
        awslogs-stream-prefix = var.name
      }
    }
  }])
}
