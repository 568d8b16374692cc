#!/usr/bin/env python3
"""How soon what a suspended person has open is closed: the time to the last of many forwards.

Simulated machines on loopback, OpenSSH clients (`ssh -N -L`), one Python that holds every connection.
The clock starts when the professor's `person suspend` is sent off, `ssh` and its login included, and
again when puerta has answered it. The exit status is 0 whatever the figures are.
"""

import argparse
import contextlib
import json
import os
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
ECHO = 7007
PER_CONNECTION = 50


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def wait_for(what, ready, seconds=30):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            sys.exit(f"waited in vain: {what}")
        time.sleep(0.02)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class House:
    """A puerta with a professor, a student and a machine."""

    def __init__(self, folder, program, forwards, stack):
        self.folder, self.port = folder, free_port()
        for name in ("profesor", "alumno1"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        config = folder / "puerta.toml"
        config.write_text(
            f'state_dir = "{folder}/state"\n[ssh]\nlisten = ["127.0.0.1:{self.port}"]\n'
            f"max_forwards = {forwards + 10}\n[engine]\ndriver = \"sim\"\nlisten = true\n"
            # One person stands for a class.
            "[audit]\nacts_per_person_s = 1000000\n"
        )
        start = [program, "--config", str(config)]
        words = ["init", "--admin", "profesor", "--key", str(folder / "profesor.pub")]
        subprocess.run([*start, *words], check=True, stdout=sys.stderr)
        log = stack.enter_context(open(folder / "log", "w"))
        server = subprocess.Popen([*start, "serve"], stderr=log)
        stack.callback(lambda: (server.terminate(), server.wait()))
        wait_for("puerta answers", lambda: answers(self.port))
        student = (folder / "alumno1.pub").read_text().strip()
        self.run("profesor", "course create demo-2026")
        self.run("profesor", f"person add alumno1 --course demo-2026 --key '{student}'")
        self.run("alumno1", "vm create web1 --template mini")

    def ssh(self, who, *words):
        options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={self.folder}/known", "BatchMode=yes"]
        options += ["IdentitiesOnly=yes", "LogLevel=ERROR"]
        flags = [flag for option in options for flag in ("-o", option)]
        host = ["-i", str(self.folder / who), "-p", str(self.port), "-l", who]
        return ["ssh", "-F", "none", *flags, *host, *words]

    def run(self, who, line):
        subprocess.run(self.ssh(who, "127.0.0.1", line), check=True, capture_output=True)


def measure(house, forwards, stack):
    """Seconds to the last end, since the command was sent off and since it was answered."""
    ports = []
    for _ in range(-(-forwards // PER_CONNECTION)):
        port = free_port()
        words = house.ssh("alumno1", "-N", "-L", f"{port}:web1:{ECHO}", "127.0.0.1")
        client = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        stack.callback(lambda client=client: (client.kill(), client.wait()))
        wait_for("a forward listens", lambda port=port: answers(port))
        ports.append(port)
    waiting = selectors.DefaultSelector()
    for number in range(forwards):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", ports[number // PER_CONNECTION])))
        one.sendall(b"x")
        if one.recv(1) != b"x":
            sys.exit("a forward does not answer")
        waiting.register(one, selectors.EVENT_READ)
    begun = time.monotonic()
    suspend = subprocess.Popen(house.ssh("profesor", "127.0.0.1", "person suspend alumno1 --yes"), stdout=subprocess.DEVNULL)
    answered, ends = None, []
    while len(ends) < forwards and time.monotonic() < begun + 30:
        for key, _ in waiting.select(0.005):
            with contextlib.suppress(OSError):
                if key.fileobj.recv(1):
                    continue
            waiting.unregister(key.fileobj)
            ends.append(time.monotonic())
        if answered is None and suspend.poll() is not None:
            answered = time.monotonic()
    suspend.wait()
    if len(ends) < forwards:
        sys.exit(f"only {len(ends)} of {forwards} were closed")
    house.run("profesor", "person suspend alumno1 --resume")
    last = max(ends)
    return last - begun, max(0, last - (answered or time.monotonic()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forwards", type=int, default=500, help="live forwards of the person (500)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    program = os.environ.get("PUERTA_BIN", str(REPO / "target/release/puerta"))
    if not shutil.which(program):
        sys.exit(f"`{program}` is not there: cargo build --release, or name one in PUERTA_BIN")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rounds = []
    with tempfile.TemporaryDirectory(prefix="puerta-bench-") as folder, contextlib.ExitStack() as stack:
        house = House(Path(folder), program, options.forwards, stack)
        for _ in range(options.rounds):
            with contextlib.ExitStack() as one:
                rounds.append(measure(house, options.forwards, one))
    sent, answered = (statistics.median(column) for column in zip(*rounds))
    if options.json:
        print(json.dumps({"forwards": options.forwards, "last_s": round(sent, 3), "last_after_answer_s": round(answered, 3)}))
    else:
        print(f"{options.forwards} live forwards of a suspended person, the last is closed")
        print(f"  {sent:.2f} s after the command was sent off, {answered:.2f} s after it was answered (median of {options.rounds})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
