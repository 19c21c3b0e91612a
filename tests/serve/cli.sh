#!/bin/bash
# The AWS CLI, unmodified, with nothing but the lines that `serve --dev` prints. $1 is its folder, $2 one for files.
set -euo pipefail
aws() { "$1/aws" "${@:2}"; }
bin=$1
cd "$2"
key=$(aws "$bin" kms create-key --description "from a shell" --query KeyMetadata.Arn --output text)
printf 'h\303\251llo' > plain
aws "$bin" kms encrypt --key-id "$key" --plaintext fileb://plain --encryption-context purpose=test \
    --query CiphertextBlob --output text | base64 -d > sealed
aws "$bin" kms decrypt --ciphertext-blob fileb://sealed --encryption-context purpose=test \
    --query Plaintext --output text | base64 -d > opened
cmp plain opened
aws "$bin" kms create-alias --alias-name alias/shell --target-key-id "$key"
[ "$(aws "$bin" kms describe-key --key-id alias/shell --query KeyMetadata.Arn --output text)" = "$key" ]
[ "$(aws "$bin" sts get-caller-identity --query Account --output text)" = 123456789012 ]
if aws "$bin" kms describe-key --key-id nope 2> error; then exit 1; fi
grep -q "(NotFoundException) when calling the DescribeKey operation: Invalid keyId 'nope'" error
echo "the shell is content"
