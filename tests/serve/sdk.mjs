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
