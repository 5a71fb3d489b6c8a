# What ECS needs to start a task: a log, and a role that may fetch the image and the task's own secrets and write that log.
locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.shared.account }
        ArnLike      = { "aws:SourceArn" = "arn:${var.shared.partition}:ecs:${var.shared.region}:${var.shared.account}:*" }
      }
    }]
  })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.shared.prefix}/${var.name}"
  retention_in_days = var.shared.logs.days
  kms_key_id        = var.shared.logs.key
}

resource "aws_iam_role" "this" {
  name                 = "${var.shared.prefix}-${var.name}-start"
  assume_role_policy   = local.trust
  permissions_boundary = var.shared.boundary
}

resource "aws_iam_role_policy" "this" {
  name = "start"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A token is for the whole registry; what it may fetch is the next statement's to say.
        Sid      = "RegistryToken"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "Image"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = var.shared.repository
      },
      {
        Sid      = "OwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      {
        Sid    = "OwnSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        # A secret's address for ECS may name one field of it: arn:…:secret:name-abcdef:field::
        Resource = distinct([for source in values(var.secrets) : join(":", slice(split(":", source), 0, 7))])
      },
      {
        Sid       = "SecretKey"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.shared.secret_key
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.shared.region}.amazonaws.com" } }
      },
    ]
  })
}
