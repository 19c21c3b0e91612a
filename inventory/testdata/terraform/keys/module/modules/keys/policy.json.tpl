{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Admin",
      "Effect": "Allow",
      "Principal": {"AWS": "${admin}"},
      "Action": ${jsonencode(actions)},
      "Resource": "*"
    }
  ]
}
