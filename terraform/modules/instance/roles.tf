locals {
  assume = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account }
        ArnLike      = { "aws:SourceArn" = "arn:${var.partition}:ecs:${var.region}:${var.account}:*" }
      }
    }]
  })
  # A secret's address for ECS may name one field of it: arn:…:secret:name-abcdef:field::
  secret_arns = distinct([for source in values(var.secrets) : join(":", slice(split(":", source), 0, 7))])
}

# What the running service may do: read and write its own replica, and say how it is.
resource "aws_iam_role" "task" {
  name                 = "${var.prefix}-${var.name}"
  assume_role_policy   = local.assume
  permissions_boundary = var.boundary
}

resource "aws_iam_role_policy" "task" {
  name = "own-replica"
  role = aws_iam_role.task.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "OwnReplica"
          Effect = "Allow"
          # Deleting is part of it: without it old segments stay for ever, and nothing says so.
          Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = "${var.replica.arn}/${var.name}/*"
        },
        {
          # If it exists: a GET of an object that is not there yet has no prefix, and would be 403 instead of 404. The
          # price is that names of others' objects can be listed; what is in them cannot be read.
          Sid       = "ListOwnReplica"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = var.replica.arn
          Condition = { StringLikeIfExists = { "s3:prefix" = ["${var.name}/*"] } }
        },
        {
          Sid      = "WhereTheBucketIs"
          Effect   = "Allow"
          Action   = "s3:GetBucketLocation"
          Resource = var.replica.arn
        },
        {
          Sid       = "ReplicaKey"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = var.replica.key
          Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
        },
        {
          Sid      = "Metrics"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
          Resource = "${var.metrics_group.arn}:*"
        },
      ],
      [
        for statement in [
          {
            Sid    = "Shell"
            Effect = "Allow"
            Action = [
              "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
              "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
            ]
            Resource = "*"
          },
          {
            Sid      = "ShellLog"
            Effect   = "Allow"
            Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
            Resource = "${var.shell_group.arn}:*"
          },
          {
            Sid      = "ShellKey"
            Effect   = "Allow"
            Action   = "kms:Decrypt"
            Resource = var.shell_group.key
          },
        ] : statement if var.shell
      ]
    )
  })
}

# What ECS may do to start it: fetch the image and the service's own secrets, and write its log.
resource "aws_iam_role" "execution" {
  name                 = "${var.prefix}-${var.name}-start"
  assume_role_policy   = local.assume
  permissions_boundary = var.boundary
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.id

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
        Resource = var.repository
      },
      {
        Sid      = "OwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      {
        Sid      = "OwnSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = local.secret_arns
      },
      {
        Sid       = "SecretKey"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.secret_key
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      },
    ]
  })
}
