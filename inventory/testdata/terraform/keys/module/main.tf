# A key, two roles and what binds them.
terraform {
  required_version = ">= 1.5"
}

provider "aws" {
  region = var.region
}

variable "region" {
  default = "eu-west-1"
}

variable "extra" {
  type = list(string)
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  root = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
  services = ["s3", "secretsmanager"]
}

data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }
}

data "aws_iam_policy_document" "key" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]

  statement {
    sid       = "Report"
    effect    = "Allow"
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.report.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for s in local.services : "${s}.${var.region}.amazonaws.com"]
    }
    condition {
      test = "StringEquals"
      variable = "aws:PrincipalTag/owner"
      values = ["&{aws:username}"]
    }
  }
}

resource "aws_kms_key" "main" {
  description         = "main"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
  tags = { team = "pay" }
}

resource "aws_kms_alias" "main" {
  name          = "alias/main"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_iam_role" "report" {
  name = "report"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role" "app" {
  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "${aws_iam_role.report.arn}"}, "Action": "sts:AssumeRole"}
      ]
    }
  EOT
}

resource "aws_iam_role_policy" "app" {
  name = "kms"
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Use", Effect = "Allow", Action = ["kms:Decrypt"], Resource = aws_kms_key.main.arn },
    ]
  })
}

resource "aws_kms_grant" "g" {
  name              = "g"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = ["Encrypt"]
}
module "keys" {
  source = "./modules/keys"
  for_each = toset(["a", "b"])
  admin = aws_iam_role.app.arn
  name = each.key
}
