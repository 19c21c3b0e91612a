variable "admin" {}
variable "name" {}
resource "aws_kms_key" "this" {
  policy = templatefile("${path.module}/policy.json.tpl", { admin = var.admin, actions = ["kms:Describe*", "kms:PutKeyPolicy"] })
  description = var.name
}
output "arn" { value = aws_kms_key.this.arn }
