#!/usr/bin/env python3
"""How many Encrypt calls per second `wardbook serve` answers with everything switched on, beside a public emulator.

    python3 benches/load.py --wardbook target/dist/wardbook --memory /dev/shm/load --disk ./load       # all of it
    python3 benches/load.py --wardbook target/dist/wardbook --memory /dev/shm/load --only emulator

The server verifies every signature, decides by the key policy and the caller's IAM policies, and has an event on disk
before it answers. The emulator is ministack from PyPI, which does none of this; a virtual environment is made for it
and for botocore, which signs. Both get the same request from the same clients (`load/client.rs`, built with rustc): one
thread for each connection sends one signed request again and again, each when the last is answered.

    start      how long `serve --dev` takes until it answers, on the disk
    emulator   both in memory, 4 connections, rounds in turns so that what else the machine does meets both
    disk       4, 64 and 256 connections: in memory (the processors are the limit), then on the disk with one sync timed
               before and after; the bar is the smaller of the rate in memory and connections / sync time
    soak       60 s in memory, 4 connections, with the memory after each sixth of it

With `--sync-ms 4` each fdatasync takes so much longer, of the server and where one is timed, as on a slower disk: a
library put before the C library (`load/slow_sync.c`, built with cc) sleeps after each. On such a disk syncs of different
threads can be under way at the same time, as a disk with a queue lets them.
"""

import argparse
import json
import os
import shutil
import socket
import struct
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
PARTS = ("start", "emulator", "disk", "soak")
SCRATCH = os.path.join(tempfile.gettempdir(), f"wardbook-load-{os.getuid()}")


def venv(packages):
    """This script again, in a virtual environment that has the packages."""
    python = os.path.join(SCRATCH, "bin", "python")
    if not os.path.exists(os.path.join(SCRATCH, "whole")):
        subprocess.run([sys.executable, "-m", "venv", SCRATCH], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        open(os.path.join(SCRATCH, "whole"), "w").close()
    os.execv(python, [python, *sys.argv])


def build_client():
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load", "client.rs")
    client = os.path.join(SCRATCH, "load_client")
    if not os.path.exists(client) or os.path.getmtime(client) < os.path.getmtime(source):
        subprocess.run(["rustc", "-O", "--edition", "2024", source, "-o", client], check=True)
    return client


def build_slow_sync():
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load", "slow_sync.c")
    library = os.path.join(SCRATCH, "slow_sync.so")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", source, "-o", library, "-ldl"], check=True)
    return library


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"the server behind {url} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.005)
    sys.exit(f"nothing answers at {url}")


class Server:
    """A server that runs, and a key in it."""

    def __init__(self, name, port, command, health, environment=None):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, env={**os.environ, **(environment or {})},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(f"http://127.0.0.1:{port}{health}", self.process)
        self.key = self.ask("CreateKey", {})["KeyMetadata"]["Arn"]

    def ask(self, target, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", method="POST",
                                         data=json.dumps(body).encode(), headers=self.signed(ROOT, target, json.dumps(body)))
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def signed(self, keys, target, body):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        host = f"127.0.0.1:{self.port}"
        headers = {"Host": host, "X-Amz-Target": f"TrentService.{target}", "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", f"http://{host}/", headers=headers, data=body)
        SigV4Auth(Credentials(*keys[:2]), "kms", REGION).add_auth(request)
        return dict(request.headers.items())

    def request(self):
        """One request as bytes, signed for as long as signatures are good."""
        body = json.dumps({"KeyId": self.key, "Plaintext": "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
                           "EncryptionContext": {"stage": "load"}})
        lines = [f"{name}: {value}" for name, value in self.signed(USER, "Encrypt", body).items()]
        return "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", body]).encode()

    def memory(self):
        """Resident and greatest resident memory in MiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            rows = dict(line.split(":", 1) for line in file)
        return [int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]

    def processor(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wardbook(options, folder):
    shutil.rmtree(folder, ignore_errors=True)
    world, port = os.path.join(folder, "world"), free_port()
    os.makedirs(world)
    with open(os.path.join(world, "details.json"), "w") as file:
        json.dump(WORLD, file)
    credentials = os.path.join(folder, "credentials.json")
    rows = [{"access_key_id": key, "secret_access_key": secret, "principal": principal}
            for key, secret, principal in [USER, (*ROOT, f"arn:aws:iam::{ACCOUNT}:root")]]
    with open(os.open(credentials, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        json.dump({"credentials": rows}, file)
    return Server("wardbook", port, [
        options.wardbook, "serve", "--listen", f"127.0.0.1:{port}", "--data", os.path.join(folder, "data"),
        "--credentials", credentials, "--world", world, "--signing-key", os.path.join(folder, "audit-signing.key"),
    ], "/readyz", options.slow if folder == options.disk else None)


def ministack():
    port = free_port()
    return Server("ministack", port, [os.path.join(os.path.dirname(sys.executable), "ministack")],
                  "/_ministack/health", {"GATEWAY_PORT": str(port), "MINISTACK_PORT": str(port), "LOG_LEVEL": "ERROR",
                                         "SERVICES": "kms"})


def load(server, options, connections, seconds, quiet=False):
    """Loads a server: requests per second, and processor seconds of the server for one request."""
    request = server.request()
    client = subprocess.Popen([options.client, str(server.port), str(connections), str(seconds)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.stdin.write(struct.pack("<I", len(request)) + request)
    client.stdin.flush()
    if client.stdout.readline() != b"ready\n":
        sys.exit(f"{server.name}: the clients did not begin")
    (before, _), used, children = server.memory(), server.processor(), os.times()
    client.stdin.write(b"\n")
    client.stdin.flush()
    line = client.stdout.readline()
    used = server.processor() - used
    if client.wait() != 0 or not line:
        sys.exit(f"{server.name}: the clients failed")
    ended = os.times()
    own = ended.children_user + ended.children_system - children.children_user - children.children_system
    count, closed, *latencies = map(int, line.split())
    p50, _, p99, p999, most = (latency / 1e6 for latency in latencies)
    resident, peak = server.memory()
    rate, cost = count / seconds, used / count
    if not quiet:
        print(f"{server.name:10} {connections:4} connections {rate:8.0f} requests/s   p50 {p50:7.3f} ms   "
              f"p99 {p99:7.3f} ms   p99.9 {p999:7.3f} ms   {1e6 * cost:5.0f} us processor/request "
              f"(client {1e6 * own / count:.0f})   memory {before:.0f} -> {resident:.0f} MiB (most {peak:.0f})"
              + (f"   {closed} closed" if closed else ""), flush=True)
    return rate, cost


def sync_time(folder, longer):
    """The median time of one fdatasync after an append of a kilobyte, in seconds."""
    path, times = os.path.join(folder, "sync"), []
    with open(path, "wb", buffering=0) as file:
        for _ in range(300):
            file.write(b"x" * 1024)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            time.sleep(longer)
            times.append(time.perf_counter() - start)
    os.remove(path)
    return sorted(times)[len(times) // 2]


def start(options):
    times = []
    for number in range(5):
        folder, port = os.path.join(options.disk, f"start-{number}"), free_port()
        shutil.rmtree(folder, ignore_errors=True)
        begun = time.perf_counter()
        process = subprocess.Popen([options.wardbook, "serve", "--dev", "--listen", f"127.0.0.1:{port}", "--data", folder,
                                    "--signing-key", folder + ".key"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            times.append(time.perf_counter() - begun)
        finally:
            process.terminate()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)
            for path in (folder + ".key",):
                if os.path.exists(path):
                    os.remove(path)
    print("serve --dev answers after", ", ".join(f"{1000 * time:.0f}" for time in times), "ms")


def emulator(options):
    servers = []
    try:
        servers = [wardbook(options, options.memory), ministack()]
        for server in servers:
            load(server, options, 4, 2, quiet=True)
        ratios, costs = [], []
        for _ in range(options.rounds):
            (ours, our_cost), (theirs, their_cost) = (load(server, options, 4, options.seconds) for server in servers)
            ratios.append(ours / theirs)
            costs.append(their_cost / our_cost)
        print("wardbook / ministack in requests:", ", ".join(f"{ratio:.1f}" for ratio in ratios),
              "  in processor time for one:", ", ".join(f"{cost:.1f}" for cost in costs))
    finally:
        for server in servers:
            server.stop()


def disk(options):
    for connections in (4, 64, 256):
        rates = []
        for folder in (options.memory, options.disk):
            os.makedirs(folder, exist_ok=True)
            longer = options.sync_ms / 1000 if folder == options.disk else 0
            before = sync_time(folder, longer)
            server = wardbook(options, folder)
            try:
                load(server, options, connections, 2, quiet=True)
                rates.append(load(server, options, connections, options.seconds)[0])
            finally:
                server.stop()
            sync = (before + sync_time(folder, longer)) / 2
        bar = min(rates[0], connections / sync)
        print(f"    one sync {1e6 * sync:.0f} us: {connections / sync:.0f}/s if each request had one; "
              f"on the disk {100 * rates[1] / bar:.0f} % of the smaller of that and the rate in memory")


def soak(options):
    server = wardbook(options, options.memory)
    try:
        load(server, options, 4, 2, quiet=True)
        for _ in range(6):
            load(server, options, 4, options.soak / 6)
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wardbook", required=True, help="the binary")
    parser.add_argument("--memory", required=True, help="a folder of a memory file system, emptied first")
    parser.add_argument("--disk", help="a folder on a disk, emptied first")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be given several times")
    parser.add_argument("--seconds", type=float, default=10, help="of each run")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison")
    parser.add_argument("--sync-ms", type=float, default=0, help="how much longer a sync takes on the disk, in milliseconds")
    parser.add_argument("--soak", type=float, default=60, help="seconds of the soak")
    options = parser.parse_args()
    parts = [part for part in PARTS if part in (options.only or PARTS)]
    if options.disk is None and {"start", "disk"} & set(parts):
        parser.error("--disk is needed for this")
    try:
        import botocore  # noqa: F401
        if not os.path.exists(os.path.join(os.path.dirname(sys.executable), "ministack")):
            raise ImportError
    except ImportError:
        venv(["botocore", "ministack"])
    options.client = build_client()
    options.slow = {}
    if options.sync_ms:
        options.slow = {"LD_PRELOAD": build_slow_sync(), "SLOW_SYNC_US": str(round(1000 * options.sync_ms))}
    if options.disk:
        os.makedirs(options.disk, exist_ok=True)
    for part in parts:
        print(f"{part}: load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
        {"start": start, "emulator": emulator, "disk": disk, "soak": soak}[part](options)


if __name__ == "__main__":
    main()
