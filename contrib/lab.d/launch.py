#!/usr/bin/python3
"""Starts puerta with its two doors already open, and ends when it says that it is ready.

launch.py start   with these in the environment:
  LAB_NETNS    namespace of puerta          LAB_INSIDE   ADDRESS:PORT to listen on inside it
  LAB_OUTSIDE  ADDRESS:PORT to listen on in this namespace
  LAB_PID, LAB_LOG, LAB_NOTIFY   files: process id, output, socket for READY=1
  LAB_WAIT     seconds to wait for it; a puerta that is not ready by then is killed
and the program with its words as further arguments.

A socket keeps the namespace it was opened in. So the door on this machine's loopback is opened
here, the one on the campus side by the second stage inside the namespace, and puerta inherits
both (sd_listen_fds(3)). Every step is an exec: the process id never changes, as LISTEN_PID demands.
"""
import os
import signal
import socket
import sys
import time

FIRST = 3  # SD_LISTEN_FDS_START


def listener(where, place):
    """Opens a listening socket as file descriptor `place`."""
    address, port = where.rsplit(":", 1)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, int(port)))
    sock.listen(4096)
    if sock.fileno() == place:
        sock.detach()
        os.set_inheritable(place, True)
    else:
        os.dup2(sock.fileno(), place, inheritable=True)
        sock.close()


def outside_stage(words):
    """In the namespace of the machine: detach, open the first door, go in."""
    os.setsid()
    os.chdir("/")
    null = os.open("/dev/null", os.O_RDONLY)
    log = os.open(os.environ["LAB_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, 256)
    with open(os.environ["LAB_PID"], "w") as file:
        file.write(f"{os.getpid()}\n")
    listener(os.environ["LAB_OUTSIDE"], FIRST)
    os.execvp("ip", ["ip", "netns", "exec", os.environ["LAB_NETNS"],
                     sys.executable, os.path.abspath(__file__), "inside"] + words)


def inside_stage(words):
    """In the namespace of puerta: open the second door and become puerta."""
    listener(os.environ["LAB_INSIDE"], FIRST + 1)
    env = {key: value for key, value in os.environ.items()
           if not key.startswith("LAB_") and key.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
    env.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="loopback:campus",
               NOTIFY_SOCKET=os.environ["LAB_NOTIFY"])
    os.execvpe(words[0], words, env)


def start(words):
    """Starts puerta and waits for READY=1."""
    place = os.environ["LAB_NOTIFY"]
    if os.path.exists(place):
        os.unlink(place)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(place)
    notify.settimeout(0.1)
    child = os.fork()
    if child == 0:
        try:
            outside_stage(words)
        except OSError as error:
            os.write(2, f"launch.py: {error}\n".encode())
        os._exit(127)
    deadline = time.monotonic() + float(os.environ.get("LAB_WAIT", "30"))
    try:
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in notify.recv(4096).split(b"\n"):
                    return 0
            except socket.timeout:
                pass
            if os.waitpid(child, os.WNOHANG)[0]:
                return 1
        os.kill(child, signal.SIGKILL)  # neither up nor down: nobody could tell what runs
        return 2
    finally:
        os.unlink(place)


if sys.argv[1] == "inside":
    inside_stage(sys.argv[2:])
else:
    sys.exit(start(sys.argv[2:]))
