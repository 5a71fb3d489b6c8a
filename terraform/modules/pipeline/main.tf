# The role that GitHub's runner takes on when it deploys: no key of AWS is kept at GitHub. The provider is made once for
# an account, by terraform/bootstrap.
locals {
  arn   = "arn:${var.partition}"
  scope = "${var.region}:${var.account}"
}

resource "aws_iam_role" "this" {
  #checkov:skip=CKV_AWS_393:The repository is a variable, which its validation holds to owner/name without wildcards; tests/suite.tftest.hcl reads the claim
  name                 = "${var.prefix}-deploy"
  description          = "Deploys ${var.environment} from ${var.repository}"
  max_session_duration = 7200

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "${local.arn}:iam::${var.account}:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          # A job of this repository, in this environment: GitHub asks for its approval first.
          "token.actions.githubusercontent.com:sub" = "repo:${var.repository}:environment:${var.environment}"
        }
      }
    }]
  })
}

# What it may change: what is called after this environment; where AWS knows no such names, this region.
resource "aws_iam_role_policy" "change" {
  #checkov:skip=CKV_AWS_286:Roles that it makes are held by the boundary, and it may not lift that
  #checkov:skip=CKV_AWS_288:It may not read a secret or a replica (the policy `never`)
  #checkov:skip=CKV_AWS_289:Roles that it makes are held by the boundary, and it may not lift that
  #checkov:skip=CKV_AWS_290:Network and certificates have names of AWS's own making; the region holds them
  #checkov:skip=CKV_AWS_355:Network and certificates have names of AWS's own making; the region holds them
  #checkov:skip=CKV_AWS_287:It may not read a secret or a replica (the policy `never`)
  name = "change"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "State"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = ["${local.arn}:s3:::${var.state_bucket}/${var.environment}/*"]
      },
      {
        Sid      = "ListState"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "${local.arn}:s3:::${var.state_bucket}"
      },
      {
        Sid       = "StateKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "${local.arn}:kms:${local.scope}:key/*"
        Condition = { StringLike = { "kms:EncryptionContext:aws:s3:arn" = "${local.arn}:s3:::${var.state_bucket}*" } }
      },
      {
        Sid    = "OwnThings"
        Effect = "Allow"
        Action = [
          "application-autoscaling:*", "cloudwatch:*", "ecr:*", "ecs:*", "elasticloadbalancing:*", "kafka:*", "logs:*",
          "secretsmanager:*", "sns:*", "wafv2:*",
        ]
        Resource = [
          "${local.arn}:application-autoscaling:${local.scope}:scalable-target/*",
          "${local.arn}:cloudwatch:${local.scope}:alarm:${var.prefix}-*",
          "${local.arn}:cloudwatch::${var.account}:dashboard/${var.prefix}",
          "${local.arn}:ecr:${local.scope}:repository/${var.prefix}",
          "${local.arn}:ecs:${local.scope}:*/${var.prefix}",
          "${local.arn}:ecs:${local.scope}:*/${var.prefix}/*",
          "${local.arn}:ecs:${local.scope}:task-definition/${var.prefix}-*",
          "${local.arn}:elasticloadbalancing:${local.scope}:*/${var.prefix}/*",
          "${local.arn}:elasticloadbalancing:${local.scope}:*/app/${var.prefix}/*",
          "${local.arn}:elasticloadbalancing:${local.scope}:targetgroup/${var.environment}-*",
          "${local.arn}:kafka:${local.scope}:*/${var.prefix}/*",
          "${local.arn}:logs:${local.scope}:log-group:/${var.prefix}/*",
          "${local.arn}:logs:${local.scope}:log-group:aws-waf-logs-${var.prefix}*",
          "${local.arn}:secretsmanager:${local.scope}:secret:AmazonMSK_${var.prefix}_*",
          "${local.arn}:secretsmanager:${local.scope}:secret:${var.prefix}/*",
          "${local.arn}:sns:${local.scope}:${var.prefix}-*",
          "${local.arn}:wafv2:${local.scope}:regional/*/${var.prefix}/*",
        ]
      },
      {
        Sid      = "OwnBuckets"
        Effect   = "Allow"
        Action   = ["s3:CreateBucket", "s3:Get*Configuration", "s3:GetBucket*", "s3:ListBucket", "s3:Put*Configuration", "s3:PutBucket*"]
        Resource = "${local.arn}:s3:::${var.prefix}-*"
      },
      {
        # AWS gives these names of its own, or asks for them before there is one.
        Sid    = "OfThisRegion"
        Effect = "Allow"
        Action = [
          "acm:*", "application-autoscaling:Describe*", "cloudwatch:Describe*", "cloudwatch:GetDashboard",
          "cloudwatch:ListTagsForResource", "ec2:*", "ecr:GetAuthorizationToken", "ecs:CreateCluster",
          "ecs:DeregisterTaskDefinition", "ecs:Describe*", "ecs:List*", "ecs:RegisterTaskDefinition",
          "elasticloadbalancing:Describe*", "kafka:*Configuration*", "kafka:Describe*", "kafka:List*", "kms:CreateAlias",
          "kms:CreateGrant", "kms:CreateKey", "kms:Describe*", "kms:EnableKeyRotation", "kms:Get*", "kms:List*",
          "kms:PutKeyPolicy", "kms:TagResource", "logs:CreateLogDelivery", "logs:Describe*", "logs:GetLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "servicediscovery:*", "wafv2:AssociateWebACL",
          "wafv2:GetWebACLForResource", "wafv2:List*", "wafv2:PutLoggingConfiguration",
        ]
        Resource  = "*"
        Condition = { StringEquals = { "aws:RequestedRegion" = var.region } }
      },
      {
        Sid      = "Names"
        Effect   = "Allow"
        Action   = ["route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"]
        Resource = "${local.arn}:route53:::hostedzone/*"
      },
      {
        Sid      = "NamesInTheMaking"
        Effect   = "Allow"
        Action   = ["route53:CreateHostedZone", "route53:GetChange", "route53:ListHostedZones"]
        Resource = "*"
      },
      {
        Sid       = "RolesHeldByTheBoundary"
        Effect    = "Allow"
        Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"]
        Resource  = "${local.arn}:iam::${var.account}:role/${var.prefix}-*"
        Condition = { StringEquals = { "iam:PermissionsBoundary" = var.boundary } }
      },
      {
        Sid      = "Roles"
        Effect   = "Allow"
        Action   = ["iam:DeleteRole", "iam:Get*", "iam:List*", "iam:TagRole", "iam:UntagRole"]
        Resource = ["${local.arn}:iam::${var.account}:role/${var.prefix}-*", var.boundary]
      },
      {
        Sid       = "HandRolesToTasks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = "${local.arn}:iam::${var.account}:role/${var.prefix}-*"
        Condition = { StringEquals = { "iam:PassedToService" = ["ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com"] } }
      },
    ]
  })
}

# What it may not do, whatever else allows it: see what is stored, throw it away, or become more than it is.
resource "aws_iam_role_policy" "never" {
  name = "never"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "SeeOrThrowAway"
        Effect = "Deny"
        Action = [
          "ecs:ExecuteCommand", "kafka:DeleteCluster", "kafka-cluster:*", "kms:DisableKey", "kms:ScheduleKeyDeletion",
          "s3:DeleteBucket", "secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue",
        ]
        Resource = "*"
      },
      {
        Sid      = "Replicas"
        Effect   = "Deny"
        Action   = ["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"]
        Resource = "${var.replica_bucket}/*"
      },
      {
        Sid      = "ItselfAndTheBoundary"
        Effect   = "Deny"
        Action   = ["iam:AttachRolePolicy", "iam:Create*", "iam:Delete*", "iam:Put*", "iam:Set*", "iam:Update*"]
        Resource = [aws_iam_role.this.arn, var.boundary]
      },
    ]
  })
}
