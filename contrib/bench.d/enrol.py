#!/usr/bin/env python3
"""What it takes to enrol a class: 200 people and 8,000, for the first time, again, and taken out.

Starts a puerta on the simulated engine on loopback, in a temporary folder, for each size, and takes it
down again. A figure is what a professor waits, from `ssh` to its end; while a list is taken somebody
else logs in, again and again, and the slowest login is shown beside the slowest one before. It is never
a test of speed. docs/performance.md keeps the figures.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
HEADER = "username;firstname;lastname;email;group1;idnumber\r\n"


def run(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(map(str, words[-4:]))}`: {done.stderr.strip()[-300:]}")
    return done.stdout


def program():
    """PUERTA_BIN, or the release build of this tree."""
    if "PUERTA_BIN" in os.environ:
        return os.environ["PUERTA_BIN"]
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target"))
    words = ["cargo", "build", "--release", "--locked", "--bin", "puerta"]
    if subprocess.run(words, cwd=REPO, stdout=sys.stderr).returncode != 0:
        sys.exit("cargo could not build puerta")
    return str(target / "release" / "puerta")


class House:
    """A puerta with a professor and an empty course."""

    def __init__(self, puerta, folder):
        self.folder = Path(folder)
        self.key = self.folder / "key"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = self.folder / "puerta.toml"
        config.write_text(
            f'state_dir = "{self.folder}/state"\n[ssh]\nlisten = ["127.0.0.1:{self.port}"]\n'
            '[engine]\ndriver = "sim"\n'
        )
        words = [puerta, "--config", str(config)]
        run([*words, "init", "--admin", "profesor", "--key", f"{self.key}.pub"])
        self.process = subprocess.Popen([*words, "serve"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                break
            time.sleep(0.02)
        self.ssh("course", "create", "aso-2026", "--year", "2026")

    def end(self):
        self.process.terminate()
        self.process.wait()

    def ssh(self, *line, **more):
        words = ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"]
        words += ["-o", f"UserKnownHostsFile={self.folder}/known", "-i", str(self.key), "-p", str(self.port)]
        return run([*words, "profesor@127.0.0.1", *line], **more)

    def enrol(self, people):
        """Seconds that it took, and the counts of the answer."""
        text = HEADER + "".join(f"alu{n};Íñigo {n};Núñez Peña;alu{n}@upv.es;G{n % 9};{n}\r\n" for n in people)
        begun = time.monotonic()
        answer = json.loads(self.ssh("course", "enrol", "aso-2026", "--json", input=text))
        return time.monotonic() - begun, answer

    def login(self):
        begun = time.monotonic()
        self.ssh("whoami")
        return time.monotonic() - begun


def measure(house, size):
    """Each step's name, what it has to come to, and its list."""
    house.login()
    quiet = [house.login() for _ in range(10)]
    steps = [
        ("for the first time", "new", range(size)),
        ("again", "unchanged", range(size)),
        ("all but one taken out", "archived", range(1)),
        ("put back", "back", range(size)),
    ]
    beside, over = [], threading.Event()

    def others():
        while not over.is_set():
            beside.append(house.login())

    for name, count, people in steps:
        over.clear()
        other = threading.Thread(target=others)
        other.start()
        took, answer = house.enrol(people)
        over.set()
        other.join()
        expected = size - (count in ("archived", "back"))
        if answer[count] != expected:
            sys.exit(f"{name}: {answer[count]} {count}, not {expected}")
        yield name, took
    yield "slowest login before", max(quiet)
    yield "slowest login beside", max(beside)


def main():
    parser = argparse.ArgumentParser(prog="contrib/bench enrol", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each size, the median is shown (3)")
    parser.add_argument("--sizes", default="200,8000", help="people, with commas between (200,8000)")
    parser.add_argument("--json", action="store_true", help="one line a measure")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    puerta = program()
    for size in map(int, options.sizes.split(",")):
        rounds = []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory(prefix="puerta-enrol-") as folder, contextlib.ExitStack() as stack:
                house = House(puerta, folder)
                stack.callback(house.end)
                rounds.append(dict(measure(house, size)))
        for name in rounds[0]:
            seconds = statistics.median(one[name] for one in rounds)
            if options.json:
                print(json.dumps({"measure": "enrol", "people": size, "step": name, "seconds": round(seconds, 3)}))
            else:
                print(f"{size:6,} people, {name:24} {seconds:8.3f} s")


main()
