terraform {
  # 1.10 has ephemeral variables and locking without DynamoDB, 1.11 write-only arguments.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # Where the state is: environments/<environment>.s3.tfbackend.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "waybill"
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}
