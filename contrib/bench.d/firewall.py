#!/usr/bin/env python3
"""What puerta's rules cost: a published port beside a rule of iptables for each, and the isolation of seats.

Wants root. Every way has network namespaces of its own, without a route out, so that they are
measured turn by turn. It is a comparison, never a test of speed: the exit status is 0 whatever the
figures are. docs/performance.md keeps the figures.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
FIRST = 50000
# Name, puerta's backend or else a tool for a rule a port, ports. The port that is measured is the last.
WAYS = [
    ("puerta nftables, 1 port", "nftables", 1),
    ("puerta nftables, 5,000 ports", "nftables", 5000),
    ("puerta nftables, 15,000 ports", "nftables", 15000),
    ("puerta iptables-nft, 15,000 ports", "iptables-nft", 15000),
    ("puerta iptables-legacy, 15,000 ports", "iptables-legacy", 15000),
    ("iptables-nft, 15,000 rules", None, 15000),
    ("iptables-legacy, 15,000 rules", None, 15000),
]
# All the seats of one edition: thirteen bits, of which number 0 is never given.
SEATS = [1, 8191]
IP_PKTINFO = 8  # Python does not name it


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(words[:6])}`: {done.stderr.strip()[-300:]}")
    return done.stdout


class Spaces:
    """Network namespaces, and the server in one of them."""

    made = 0

    def __init__(self, *names):
        self.spaces = {name: f"bf{os.getpid()}-{Spaces.made}-{name}" for name in names}
        Spaces.made += 1
        self.server = None

    def ip(self, where, script):
        run("ip", "-n", self.spaces[where], "-batch", "-", input=script)

    def inside(self, where, *words, **more):
        return run("ip", "netns", "exec", self.spaces[where], *words, **more)

    def begin(self):
        for space in self.spaces.values():
            run("ip", "netns", "add", space)

    def serve(self, where, *words):
        words = ["ip", "netns", "exec", self.spaces[where], *words]
        self.server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.server.stdout.readline()

    def gone(self):
        if self.server:
            self.server.terminate()
            self.server.wait(10)
        for space in self.spaces.values():
            subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)


class Way(Spaces):
    """One way to carry a port."""

    def __init__(self, name, backend, ports, program):
        super().__init__("client", "gate", "machine")
        self.name, self.backend, self.ports, self.program = name, backend, ports, program
        self.rounds = []

    def build(self):
        self.begin()
        client, machine = self.spaces["client"], self.spaces["machine"]
        self.ip("gate", f"""link set lo up
link add campus0 type veth peer name eth0 netns {client}
link add lab0 type veth peer name eth0 netns {machine}
addr add 192.0.2.1/24 dev campus0
addr add 10.0.0.1/8 dev lab0
link set campus0 up
link set lab0 up
""")
        self.inside("gate", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.ip("client", "addr add 192.0.2.10/24 dev eth0\nlink set eth0 up\n")
        self.ip("machine", """addr add 10.0.0.66/8 dev eth0
link set eth0 up
route add default via 10.0.0.1
""")
        self.serve("machine", self.program, "serve", "10.0.0.66:80")

    def load(self):
        """Seconds, of puerta's own."""
        if self.backend:
            return json.loads(self.inside("gate", self.program, "load", self.backend, str(self.ports)))
        rules = ["*nat"]
        for port in range(FIRST, FIRST + self.ports):
            rules.append(f"-A PREROUTING -i campus0 -p tcp --dport {port} -j DNAT --to-destination 10.0.0.66:80")
        self.inside("gate", f"{tool(self.name)}-restore", "--noflush", input="\n".join([*rules, "COMMIT", ""]))
        return None

    def connect(self, times):
        door = f"192.0.2.1:{FIRST + self.ports - 1}"
        return float(self.inside("client", self.program, "connect", door, str(times)))


class Node(Spaces):
    """A node with two machines of each seat: all those of slot 2 in one namespace, all those of slot 3 in another."""

    def __init__(self, seats, rules):
        super().__init__("node", "asker", "echo")
        self.seats, self.rules, self.rounds = seats, rules, []

    def build(self):
        self.begin()
        self.inside("node", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        routes, ends = ["link set lo up"], {}
        for number, name, slot in [(0, "asker", 2), (1, "echo", 3)]:
            routes.append(f"link add veth{number} type veth peer name eth0 netns {self.spaces[name]}")
            routes.append(f"addr add 169.254.{number}.1/24 dev veth{number}\nlink set veth{number} up")
            machines = [address(seat, slot) for seat in range(1, self.seats + 1)]
            # One next hop, and so no cache of thousands of neighbours that would be measured with it.
            routes += [f"route add {one}/32 via 169.254.{number}.2 dev veth{number}" for one in machines]
            script = [f"addr add 169.254.{number}.2/24 dev eth0", "link set lo up", "link set eth0 up"]
            script += [f"addr add {one}/32 dev eth0" for one in machines]
            script.append(f"route add 10.0.0.0/8 via 169.254.{number}.1\n")
            ends[name] = "\n".join(script)
        self.ip("node", "\n".join([*routes, ""]))
        for name, script in ends.items():
            self.ip(name, script)
        self.serve("echo", sys.executable, __file__, "echo")

    def round(self, trips, order):
        """Microseconds without and with the rules."""
        took = {}
        for carried in order:
            if carried:
                self.inside("node", "nft", "-f", "-", input=self.rules)
            answer = self.inside("asker", sys.executable, __file__, "ask", str(self.seats), str(trips))
            if carried:
                self.inside("node", "nft", "delete", "table", "inet", "puerta_node")
            took[carried], passed = json.loads(answer)
            if passed is carried:
                sys.exit(f"a packet to another seat {'passed the' if passed else 'did not pass without'} rules")
        return took[False], took[True]


def tool(name):
    return name.removeprefix("puerta ").partition(",")[0]


def address(seat, slot):
    return str(IPv4Address((10 << 24) + 64 * seat + slot))


def echo():
    """In a machine: everything back, from the address that it came to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        one.bind(("", 7))
        print("listening", flush=True)
        while True:
            data, here, _, asker = one.recvmsg(16, 64)
            one.sendmsg([data], here, 0, asker)


def ask(seats, trips):
    """In the other one: the median of so many round trips, going round the seats, and whether seat 1 reaches another."""

    def pair(here, there):
        source = struct.pack("=I4s4s", 0, socket.inet_aton(address(here, 2)), b"")
        return [(socket.IPPROTO_IP, IP_PKTINFO, source)], (address(there, 3), 7)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", 1, 0))

        def trip(here, there):
            begun = time.perf_counter_ns()
            one.sendmsg([b"x"], here, 0, there)
            one.recv(16)
            return (time.perf_counter_ns() - begun) / 1000

        pairs = [pair(seat, seat) for seat in range(1, seats + 1)]
        for one_pair in pairs:
            trip(*one_pair)
        took = [trip(*pairs[number % seats]) for number in range(trips)]
        passed = None
        if seats > 1:
            try:
                passed = trip(*pair(1, seats)) > 0
            except BlockingIOError:
                passed = False
    print(json.dumps([statistics.median(took), passed]))


def programs(wanted):
    """puerta and its part of this, built when they are not named."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")) / "release"
    paths, build = [], []
    for kind, name, variable in [
        ("bin", "puerta", "PUERTA_BIN"),
        ("example", "bench-firewall", "PUERTA_BENCH_FIREWALL"),
    ]:
        built = target / ("examples" if kind == "example" else "") / name
        paths.append(os.environ.get(variable, str(built)))
        if variable not in os.environ and name in wanted:
            build += [f"--{kind}", name]
    words = ["cargo", "build", "--release", "--locked", *build]
    if build and subprocess.run(words, cwd=REPO, stdout=sys.stderr).returncode != 0:
        sys.exit("cargo could not build it")
    return paths


def node_rules(puerta):
    with tempfile.TemporaryDirectory(prefix="puerta-bench-") as house:
        config = Path(house) / "puerta.toml"
        config.write_text(f'state_dir = "{house}/state"\n[engine]\ndriver = "incus"\nparent = "lab0"\n')
        return run(puerta, "--config", str(config), "node", "rules")


def ports(options, binary):
    ways = [Way(*way, binary) for way in WAYS if way[1] == "nftables" or shutil.which(f"{tool(way[0])}-restore")]
    loads = {}
    with contextlib.ExitStack() as stack:
        for way in ways:
            stack.callback(way.gone)
            way.build()
            loads[way.name] = way.load()
            way.connect(options.times)
        for _ in range(options.rounds):
            for way in ways:
                way.rounds.append(way.connect(options.times))
    base = statistics.median(ways[0].rounds)
    say(options, "First packet (a TCP connection through the gateway), the last port:")
    for way in ways:
        value = statistics.median(way.rounds)
        say(options, f"  {way.name:36} {value:8.1f} us   x{value / base:.2f}",
            measure="connect_us", way=way.name, value=value, ratio=value / base)
    say(options, "Writing (seconds):")
    for way in ways:
        if took := loads[way.name]:
            say(options, f"  {way.name:36} all {took['whole']:.3f}   one {took['one']:.4f} "
                f"(1/{took['whole'] / took['one']:.0f})   nothing to do {took['nothing']:.3f}",
                measure="write_s", way=way.name, **took)


def isolation(options, rules):
    nodes = [Node(seats, rules) for seats in SEATS]
    with contextlib.ExitStack() as stack:
        for node in nodes:
            stack.callback(node.gone)
            node.build()
        for number in range(options.rounds):
            for node in nodes:
                node.rounds.append(node.round(options.trips, [False, True] if number % 2 else [True, False]))
    say(options, "Isolation of seats on a node (a UDP packet there and back, going round the seats):")
    for node in nodes:
        without, carried = (statistics.median(values) for values in zip(*node.rounds))
        seats = f"{node.seats:,} seat{'s' if node.seats > 1 else ''}"
        say(options, f"  {f'no rules, {seats}':36} {without:8.1f} us")
        say(options, f"  {f'rules, {seats}':36} {carried:8.1f} us   x{carried / without:.2f}")
        # Of each round by itself: what else the machine does changes slower.
        low, cost, high = statistics.quantiles([y - x for x, y in node.rounds], n=4, method="inclusive")
        say(options, f"  {f'  the rules cost, {seats}':36} {cost:8.1f} us   quartiles {low:.1f} to {high:.1f}",
            measure="isolation_us", seats=node.seats, **{"with": carried, "without": without},
            cost=cost, quartiles=[round(low, 3), round(high, 3)])


def say(options, text, **one):
    """A line of a table, or the line of a measure for programs."""
    if not options.json:
        print(text)
    elif one:
        print(json.dumps({key: round(v, 6) if isinstance(v, float) else v for key, v in one.items()}))


def main():
    if sys.argv[1:2] in (["echo"], ["ask"]):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1:] == ["echo"]:
        return echo()
    if sys.argv[1:2] == ["ask"]:
        return ask(*map(int, sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="contrib/bench firewall", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each measure, at least 2 (15)")
    parser.add_argument("--times", type=int, default=200, help="connections a round (200)")
    parser.add_argument("--trips", type=int, default=8191, help="packets there and back a round (8191)")
    parser.add_argument("--only", choices=["ports", "isolation"], help="one part instead of both")
    parser.add_argument("--json", action="store_true", help="one line a measure")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("--rounds wants at least 2")
    if os.geteuid() != 0:
        sys.exit("wants root: it makes network namespaces")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    wanted = {"ports": ["bench-firewall"], "isolation": ["puerta"]}.get(options.only, ["bench-firewall", "puerta"])
    puerta, binary = programs(wanted)
    if options.only != "isolation":
        ports(options, binary)
    if options.only != "ports":
        isolation(options, node_rules(puerta))


main()
