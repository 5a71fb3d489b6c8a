locals {
  settings = merge(var.instance.settings, {
    HOST                                  = "0.0.0.0"
    "${upper(var.instance.service)}_PORT" = tostring(var.instance.port)
    METRICS_PORT                          = "9464"
    TRUSTED_PROXIES                       = "1"
    WAYBILL_DATA                          = "/data"
    WAYBILL_FIRST_BOOT                    = var.instance.first_boot ? "1" : "0"
    OUTBOX_AFTER_REPLICA                  = "1"
    REPLICA_BUCKET                        = var.shared.replica.bucket
    REPLICA_PREFIX                        = var.name
    AWS_REGION                            = var.shared.region
  })
  # /tmp and /data are the task's own disk, gone with it. The other two are the agent's of ECS Exec.
  volumes = merge(
    { data = "/data", tmp = "/tmp" },
    var.shared.shell.allowed ? { agent = "/var/lib/amazon", agent-log = "/var/log/amazon" } : {}
  )
  # Operators come in as root and go on as the service's user; without them nobody has to become anybody.
  dropped = var.shared.shell.allowed ? ["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SYS_CHROOT"] : ["ALL"]
  log = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = module.start.log
      awslogs-region        = var.shared.region
      awslogs-stream-prefix = var.name
      # A log that CloudWatch does not take must not stop a service.
      mode            = "non-blocking"
      max-buffer-size = "16m"
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.shared.prefix}-${var.name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.instance.cpu
  memory                   = var.instance.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = module.start.role

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.shared.architecture
  }

  ephemeral_storage {
    size_in_gib = var.instance.disk_gib
  }

  dynamic "volume" {
    for_each = local.volumes

    content {
      name = volume.key
    }
  }

  # The one before stays until this one runs: should it not start, ECS goes back.
  lifecycle {
    create_before_destroy = true
  }

  container_definitions = jsonencode([
    {
      name       = "waybill"
      image      = var.shared.image
      essential  = true
      entryPoint = ["/usr/local/bin/replicated"]
      command    = ["serve", var.instance.service]
      user       = "10001:10001"
      # Fargate's longest: requests end, the outbox drains, the last commits reach the replica, the lease is given back.
      stopTimeout            = 120
      readonlyRootFilesystem = true
      privileged             = false
      linuxParameters        = { initProcessEnabled = true, capabilities = { drop = local.dropped } }
      ulimits                = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
      portMappings           = [{ name = "api", containerPort = var.instance.port, hostPort = var.instance.port, protocol = "tcp", appProtocol = "http" }]
      mountPoints            = [for name, path in local.volumes : { sourceVolume = name, containerPath = path, readOnly = false }]
      environment            = [for name, value in local.settings : { name = name, value = value }]
      secrets                = [for name, source in var.instance.secrets : { name = name, valueFrom = source }]
      logConfiguration       = local.log

      healthCheck = {
        command  = ["CMD", "curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:${var.instance.port}/health/live"]
        interval = 10
        timeout  = 5
        retries  = 3
        # Waiting for another's lease to run out and restoring are not failures.
        startPeriod = 300
      }
    },
    {
      name                   = "collector"
      image                  = var.shared.collector_image
      essential              = false
      cpu                    = 64
      memoryReservation      = 128
      readonlyRootFilesystem = true
      privileged             = false
      environment            = [{ name = "AOT_CONFIG_CONTENT", value = local.collector }]
      logConfiguration       = local.log
    },
  ])
}
