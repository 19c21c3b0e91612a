"""An external key store's proxy: one AES key behind every name but `missing`. As a program it serves until it is ended."""

import base64
import hashlib
import http.server
import json
import os
import sys
import threading
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY, asked = os.urandom(32), []
ID, SECRET = "A" * 20, "s" * 43
healthy = True


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked.append((self.path, body.get("requestMetadata", {})))
        if f"Credential={ID}/" not in self.headers["Authorization"]:
            return self.answer(401, {"errorName": "AuthenticationFailedException"})
        if self.path == "/kms/xks/v1/health":
            status = "ACTIVE" if healthy else "UNAVAILABLE"
            return self.answer(200, {"xksProxyFleetSize": 1, "xksProxyVendor": "v", "xksProxyModel": "m", "ekmVendor": "e",
                                     "ekmFleetDetails": [{"id": "i", "model": "m", "healthStatus": status}]})
        key, action = self.path.split("/")[-2:]
        if key == "missing":
            return self.answer(404, {"errorName": "KeyNotFoundException"})
        if action == "metadata":
            return self.answer(200, {"keySpec": "RSA_2048" if key == "odd" else "AES_256",
                                     "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"})
        associated = base64.b64decode(body.get("additionalAuthenticatedData", ""))
        if action == "encrypt":
            iv = os.urandom(12)
            sealed = AESGCM(KEY).encrypt(iv, base64.b64decode(body["plaintext"]), associated)
            text, tag = sealed[:-16], sealed[-16:]
            value = hashlib.sha256(associated + iv + text + tag).digest()
            names = ["initializationVector", "ciphertext", "authenticationTag", "ciphertextDataIntegrityValue"]
            parts = [iv, text, tag, value]
            return self.answer(200, {n: base64.b64encode(v).decode() for n, v in zip(names, parts)})
        iv, text, tag = (base64.b64decode(body[name]) for name in ["initializationVector", "ciphertext", "authenticationTag"])
        try:
            plaintext = AESGCM(KEY).decrypt(iv, text + tag, associated)
        except Exception:
            return self.answer(400, {"errorName": "InvalidCiphertextException"})
        return self.answer(200, {"plaintext": base64.b64encode(plaintext).decode()})


def serve(port):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
    print("serving", flush=True)
    while True:
        time.sleep(60)
