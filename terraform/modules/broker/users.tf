# MSK takes a user from a secret whose name begins with AmazonMSK_, encrypted with a key of the customer's. Terraform
# makes the secret and never sees its value, which is put there by hand (README.md).
resource "aws_secretsmanager_secret" "user" {
  #checkov:skip=CKV2_AWS_57:Rotation restarts a service; it is done by hand, one user at a time (README.md)
  for_each = var.users

  name                    = "AmazonMSK_${var.name}_${each.key}"
  description             = "The Kafka user ${each.key}"
  kms_key_id              = var.secret_key
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret_policy" "user" {
  for_each = var.users

  secret_arn = aws_secretsmanager_secret.user[each.key].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AWSKafkaResourcePolicy"
      Effect    = "Allow"
      Principal = { Service = "kafka.amazonaws.com" }
      Action    = "secretsmanager:getSecretValue"
      Resource  = aws_secretsmanager_secret.user[each.key].arn
    }]
  })
}

# One association for each user: the one for many takes ten at most.
resource "aws_msk_single_scram_secret_association" "user" {
  for_each = var.filled ? var.users : []

  cluster_arn = aws_msk_cluster.this.arn
  secret_arn  = aws_secretsmanager_secret.user[each.key].arn
  depends_on  = [aws_secretsmanager_secret_policy.user]
}
