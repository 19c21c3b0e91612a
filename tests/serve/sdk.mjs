// The AWS SDK for JavaScript, unmodified, with nothing but the environment: keys, ciphertexts, errors, pages.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(process.env.WARDBOOK_NODE_MODULES + "/");
const kms = require("@aws-sdk/client-kms");
const client = new kms.KMSClient({});

const { KeyMetadata: key } = await client.send(new kms.CreateKeyCommand({ Description: "from JavaScript" }));
assert.equal(key.KeyState, "Enabled");
assert.ok(key.CreationDate instanceof Date && Math.abs(Date.now() - key.CreationDate) < 60_000);
const EncryptionContext = { purpose: "test" };
const { CiphertextBlob } = await client.send(
  new kms.EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("héllo"), EncryptionContext }),
);
const opened = await client.send(new kms.DecryptCommand({ CiphertextBlob, EncryptionContext }));
assert.equal(Buffer.from(opened.Plaintext).toString(), "héllo");
assert.equal(opened.KeyId, key.Arn);
await assert.rejects(client.send(new kms.DecryptCommand({ CiphertextBlob })), kms.InvalidCiphertextException);
await client.send(new kms.DisableKeyCommand({ KeyId: key.KeyId }));
await assert.rejects(
  client.send(new kms.EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("x") })),
  (error) => error instanceof kms.DisabledException && error.message === `${key.Arn} is disabled.`,
);
await client.send(new kms.CreateKeyCommand({}));
let count = 0;
for await (const page of kms.paginateListKeys({ client, pageSize: 1 }, {})) count += page.Keys.length;
assert.equal(count, 2);

// And the key policy decides.
await client.send(new kms.EnableKeyCommand({ KeyId: key.KeyId }));
const root = { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" };
const sealed = {
  ...{ Effect: "Deny", Principal: "*", Action: "kms:Decrypt", Resource: "*" },
  Condition: { StringEquals: { "kms:EncryptionContext:purpose": "test" } },
};
const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [root, sealed] });
await client.send(new kms.PutKeyPolicyCommand({ KeyId: key.KeyId, Policy }));
await assert.rejects(
  client.send(new kms.DecryptCommand({ CiphertextBlob, EncryptionContext })),
  (error) => error.name === "AccessDeniedException" && error.message.includes("is not authorized to perform: kms:Decrypt"),
);
await client.send(new kms.EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("x"), EncryptionContext }));
