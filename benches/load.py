#!/usr/bin/env python3
"""How many Encrypt calls per second `wardbook serve` answers with everything switched on, beside a public emulator.

    python3 benches/load.py --wardbook target/release/wardbook --data /dev/shm/load --connections 4
    python3 benches/load.py --wardbook target/release/wardbook --data /dev/shm/load --seconds 60 --alone    # a soak

The server verifies every signature, decides by the key policy and the caller's IAM policies, and has an event on disk
before it answers. The emulator is ministack from PyPI, which does none of this; a virtual environment is made for it
and for botocore, which signs. Both get the same requests from the same clients: one process for each connection sends
one signed request again and again, each when the last is answered, so that what is measured is the server and a client
that costs as little as Python can. Runs alternate, so that what else the machine does meets both.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ACCOUNT, REGION = "123456789012", "us-east-1"
USER = ("AKIALOADXXXXXXXXXXXX", "secret-of-load", f"arn:aws:iam::{ACCOUNT}:user/load")
ROOT = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
WORLD = {"UserDetailList": [{"UserName": "load", "UserId": "AIDALOAD", "Arn": USER[2], "Path": "/", "UserPolicyList": [
    {"PolicyName": "use", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*",
         "Condition": {"StringEquals": {"kms:EncryptionContext:stage": "load"}}},
        {"Effect": "Deny", "Action": "kms:Disable*", "Resource": "*"}]}}]}],
    "GroupDetailList": [], "RoleDetailList": [], "Policies": [], "IsTruncated": False}


def venv(packages):
    """This script again, in a virtual environment that has the packages."""
    folder = os.path.join(tempfile.gettempdir(), f"wardbook-load-{os.getuid()}")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "whole")):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        open(os.path.join(folder, "whole"), "w").close()
    os.execv(python, [python, *sys.argv])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"the server behind {url} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nothing answers at {url}")


def wardbook(options, port):
    shutil.rmtree(options.data, ignore_errors=True)
    world = os.path.join(options.data, "world")
    os.makedirs(world)
    with open(os.path.join(world, "details.json"), "w") as file:
        json.dump(WORLD, file)
    credentials = os.path.join(options.data, "credentials.json")
    rows = [{"access_key_id": key, "secret_access_key": secret, "principal": principal}
            for key, secret, principal in [USER, (*ROOT, f"arn:aws:iam::{ACCOUNT}:root")]]
    with open(os.open(credentials, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        json.dump({"credentials": rows}, file)
    command = [options.wardbook, "serve", "--listen", f"127.0.0.1:{port}", "--data", os.path.join(options.data, "data"),
               "--credentials", credentials, "--world", world,
               "--signing-key", os.path.join(options.data, "audit-signing.key")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(f"http://127.0.0.1:{port}/readyz", process)
    return process


def ministack(options, port):
    environment = {**os.environ, "GATEWAY_PORT": str(port), "MINISTACK_PORT": str(port), "LOG_LEVEL": "ERROR",
                   "SERVICES": "kms"}
    command = [os.path.join(os.path.dirname(sys.executable), "ministack")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(f"http://127.0.0.1:{port}/_ministack/health", process)
    return process


def signed(port, keys, target, body):
    """One request as bytes, signed for as long as signatures are good."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    host = f"127.0.0.1:{port}"
    headers = {"Host": host, "X-Amz-Target": f"TrentService.{target}", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"http://{host}/", headers=headers, data=body)
    SigV4Auth(Credentials(*keys[:2]), "kms", REGION).add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode() + body.encode()


def receive(connection, kept):
    """One response: its status and body, and what came after it."""
    while b"\r\n\r\n" not in kept:
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("closed")
        kept += part
    head, _, rest = kept.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(head[9:12]), rest[:length], rest[length:]


def ask(port, keys, target, body):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(signed(port, keys, target, json.dumps(body)))
        status, answer, _ = receive(connection, b"")
    if status != 200:
        sys.exit(f"{target}: {status} {answer.decode()}")
    return json.loads(answer)


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def client(port, request, begin, seconds, results):
    latencies, kept, connection = [], b"", connect(port)
    begin.wait()
    end, failures = time.perf_counter() + seconds, 0
    while (start := time.perf_counter()) < end:
        try:
            connection.sendall(request)
            status, answer, kept = receive(connection, kept)
        except ConnectionError as error:
            # Servers may close a connection after so many requests; any client connects again.
            failures += 1
            if failures > 10 + len(latencies) // 10:
                results.put(f"connections break: {error}")
                return
            connection.close()
            connection, kept = connect(port), b""
            continue
        if status != 200:
            results.put(f"{status} {answer.decode()}")
            return
        latencies.append(time.perf_counter() - start)
    results.put(latencies)


def memory(process):
    """Resident and greatest resident memory in MiB."""
    with open(f"/proc/{process.pid}/status") as file:
        rows = dict(line.split(":", 1) for line in file)
    return [int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]


def processor(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(name, process, port, key, options, seconds):
    """Loads a server; requests per second."""
    body = json.dumps({"KeyId": key, "Plaintext": "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=", "EncryptionContext": {"stage": "load"}})
    request = signed(port, USER, "Encrypt", body)
    begin, results = multiprocessing.Event(), multiprocessing.Queue()
    clients = [multiprocessing.Process(target=client, args=(port, request, begin, seconds, results))
               for _ in range(options.connections)]
    for one in clients:
        one.start()
    time.sleep(0.5)
    before, used = memory(process)[0], processor(process)
    begin.set()
    found = [results.get() for _ in clients]
    used = processor(process) - used
    for one in clients:
        one.join()
    if wrong := [text for text in found if isinstance(text, str)]:
        sys.exit(f"{name}: {wrong[0]}")
    latencies = sorted(latency for some in found for latency in some)
    rate = len(latencies) / seconds
    at = lambda share: 1000 * latencies[min(len(latencies) - 1, int(share * len(latencies)))]
    resident, most = memory(process)
    print(f"{name:10} {rate:9.0f} requests/s   p50 {at(0.5):7.3f} ms   p99 {at(0.99):7.3f} ms   "
          f"{1e6 * used / len(latencies):6.0f} us processor/request   "
          f"memory {before:.0f} -> {resident:.0f} MiB (most {most:.0f})", flush=True)
    return rate


def sync_time(folder):
    """The median time of one fdatasync after an append of a kilobyte, in seconds."""
    path, times = os.path.join(folder, "sync"), []
    with open(path, "wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 1024)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    os.remove(path)
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--wardbook", required=True, help="the binary")
    parser.add_argument("--data", required=True, help="a folder that is emptied first")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without the emulator")
    options = parser.parse_args()
    try:
        import botocore  # noqa: F401
        if not options.alone and not os.path.exists(os.path.join(os.path.dirname(sys.executable), "ministack")):
            raise ImportError
    except ImportError:
        venv(["botocore"] if options.alone else ["botocore", "ministack"])
    servers = []
    try:
        port = free_port()
        process = wardbook(options, port)
        key = ask(port, ROOT, "CreateKey", {})["KeyMetadata"]["Arn"]
        servers.append(("wardbook", process, port, key))
        if not options.alone:
            port = free_port()
            process = ministack(options, port)
            servers.append(("ministack", process, port, ask(port, ROOT, "CreateKey", {})["KeyMetadata"]["Arn"]))
        sync = sync_time(options.data)
        print(f"{options.connections} connections, one sync {1e6 * sync:.0f} us, "
              f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        rates = {name: [] for name, *_ in servers}
        for name, process, port, key in servers:
            load(f"({name[0]} warm)", process, port, key, options, 1)
        for _ in range(options.rounds):
            for name, process, port, key in servers:
                rates[name].append(load(name, process, port, key, options, options.seconds))
        if not options.alone:
            ratios = [ours / theirs for ours, theirs in zip(rates["wardbook"], rates["ministack"])]
            print("wardbook / ministack:", ", ".join(f"{ratio:.1f}" for ratio in ratios))
    finally:
        for _, process, *_ in servers:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
