resource "aws_ecs_cluster" "this" {
  name = local.prefix

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  configuration {
    execute_command_configuration {
      kms_key_id = module.log_key.arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.shell.name
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "shell" {
  name              = "/${local.prefix}/shell"
  retention_in_days = var.log_days
  kms_key_id        = module.log_key.arn
}

# Each reading of the services' metrics is a line here; CloudWatch keeps the metrics themselves for 15 months.
resource "aws_cloudwatch_log_group" "metrics" {
  #checkov:skip=CKV_AWS_338:The readings are metrics by then
  name              = "/${local.prefix}/metrics"
  retention_in_days = 30
  kms_key_id        = module.log_key.arn
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = "${local.prefix}.internal"
  description = "Services that others call by name"
  vpc         = module.network.vpc
}

resource "aws_service_discovery_service" "internal" {
  for_each = { for name, service in var.services : name => service if service.internal }

  name          = each.key
  force_destroy = true

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  health_check_custom_config {
    failure_threshold = 1
  }
}

resource "aws_security_group" "services" {
  #checkov:skip=CKV2_AWS_5:Every task is in it, as tests/suite.tftest.hcl reads; the scan does not follow it through an object
  name        = "${local.prefix}-services"
  description = "The services"
  vpc_id      = module.network.vpc
  tags        = { Name = "${local.prefix}-services" }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each = var.services

  security_group_id            = aws_security_group.services.id
  description                  = "${each.key}, from the load balancer"
  referenced_security_group_id = module.balancer.security_group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "internal" {
  for_each = { for name, service in var.services : name => service if service.internal }

  security_group_id            = aws_security_group.services.id
  description                  = "${each.key}, from the other services"
  referenced_security_group_id = aws_security_group.services.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "internal" {
  for_each = { for name, service in var.services : name => service if service.internal }

  security_group_id            = aws_security_group.services.id
  description                  = each.key
  referenced_security_group_id = aws_security_group.services.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "brokers" {
  security_group_id = aws_security_group.services.id
  description       = "The brokers, over TLS with SCRAM"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 9096
  to_port           = 9096
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.services.id
  description       = "AWS, and the targets of the gateway"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# The most that any role of this environment may do, whoever made it. What each may do is its own policy's to say.
resource "aws_iam_policy" "boundary" {
  name        = "${local.prefix}-boundary"
  description = "The most that a role of ${local.prefix} may do"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Replicas"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
        Resource = [module.replicas.arn, "${module.replicas.arn}/*"]
      },
      {
        Sid      = "Keys"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [module.data_key.arn, module.secret_key.arn, module.log_key.arn]
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/${local.prefix}/*"
      },
      {
        Sid    = "Secrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          "arn:${local.partition}:secretsmanager:${var.region}:${local.account}:secret:AmazonMSK_${local.prefix}_*",
          "arn:${local.partition}:secretsmanager:${var.region}:${local.account}:secret:${local.prefix}/*",
        ]
      },
      {
        Sid      = "Image"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = module.registry.arn
      },
      {
        Sid    = "WithoutAName"
        Effect = "Allow"
        Action = [
          "ecr:GetAuthorizationToken", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
        ]
        Resource = "*"
      },
    ]
  })
}
