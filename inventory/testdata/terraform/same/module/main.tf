provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = { owner = "payments" }
  }
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "root" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

data "aws_iam_policy_document" "key" {
  source_policy_documents = [data.aws_iam_policy_document.root.json]

  statement {
    sid       = "Report"
    actions   = ["kms:Decrypt"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.report.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.eu-west-1.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "report" {
  name               = "report"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_kms_key" "main" {
  description         = "payments"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
  tags                = { team = "pay" }
}

resource "aws_kms_key" "backup" {
  customer_master_key_spec = "RSA_2048"
  key_usage                = "ENCRYPT_DECRYPT"
}

resource "aws_kms_key_policy" "backup" {
  key_id = aws_kms_key.backup.id
  policy = data.aws_iam_policy_document.root.json
}

resource "aws_kms_alias" "main" {
  name          = "alias/payments"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_kms_grant" "report" {
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.report.arn
  operations        = ["Decrypt", "DescribeKey"]

  constraints {
    encryption_context_subset = { app = "pay" }
  }
}

resource "aws_iam_role_policy_attachment" "report" {
  role       = aws_iam_role.report.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  bucket = "data"

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}
