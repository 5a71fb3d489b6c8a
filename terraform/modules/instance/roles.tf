# What the running service may do: read and write its own replica, and say how it is.
resource "aws_iam_role" "task" {
  name                 = "${var.shared.prefix}-${var.name}"
  assume_role_policy   = module.start.trust
  permissions_boundary = var.shared.boundary
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
          Resource = "${var.shared.replica.arn}/${var.name}/*"
        },
        {
          # If it exists: a GET of an object that is not there yet has no prefix, and would be 403 instead of 404. The
          # price is that names of others' objects can be listed; what is in them cannot be read.
          Sid       = "ListOwnReplica"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = var.shared.replica.arn
          Condition = { StringLikeIfExists = { "s3:prefix" = ["${var.name}/*"] } }
        },
        {
          Sid      = "WhereTheBucketIs"
          Effect   = "Allow"
          Action   = "s3:GetBucketLocation"
          Resource = var.shared.replica.arn
        },
        {
          Sid       = "ReplicaKey"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = var.shared.replica.key
          Condition = { StringEquals = { "kms:ViaService" = "s3.${var.shared.region}.amazonaws.com" } }
        },
        {
          Sid      = "Metrics"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
          Resource = "${var.shared.metrics.arn}:*"
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
            Resource = "${var.shared.shell.log}:*"
          },
          {
            Sid      = "ShellKey"
            Effect   = "Allow"
            Action   = "kms:Decrypt"
            Resource = var.shared.shell.key
          },
        ] : statement if var.shared.shell.allowed
      ]
    )
  })
}
