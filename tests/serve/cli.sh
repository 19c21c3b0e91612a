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
# And the key policy decides.
policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},
  {"Sid":"Sealed","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:purpose":"test"}}}]}'
aws "$bin" kms put-key-policy --key-id "$key" --policy-name default --policy "$policy"
if aws "$bin" kms decrypt --ciphertext-blob fileb://sealed --encryption-context purpose=test 2> error; then exit 1; fi
grep -q "(AccessDeniedException) when calling the Decrypt operation: User: arn:aws:iam::123456789012:root is not authorized" error
aws "$bin" kms encrypt --key-id "$key" --plaintext fileb://plain --query KeyId --output text > told
[ "$(cat told)" = "$key" ]
echo "the shell is content"
