"""libssh2: puerta, and a machine behind it through a pair of sockets, which is all the way it has."""

import json
import os
import socket
import threading

from ssh2.exceptions import SocketRecvError
from ssh2.knownhost import LIBSSH2_KNOWNHOST_KEYENC_RAW, LIBSSH2_KNOWNHOST_TYPE_PLAIN
from ssh2.session import Session
from ssh2.utils import version

env = os.environ
print("version", version().decode())


def session(plain, host, port):
    session = Session()
    session.handshake(plain)
    known = session.knownhost_init()
    known.readfile(env["KNOWN"])
    kind = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW
    known.checkp(host.encode(), port, session.hostkey()[0], kind)  # raises
    return session


def run(session, command):
    channel = session.open_session()
    channel.execute(command)
    text = b""
    while (read := channel.read())[0] > 0:
        text += read[1]
    channel.close()
    channel.wait_closed()
    return channel.get_exit_status(), text.decode()


def carry(door, plain, channel):
    """One thread for both directions: a session is not for two."""
    door.set_blocking(False)
    plain.setblocking(False)
    while not channel.eof():
        try:
            if not (sent := plain.recv(65536)):
                return
            while sent:
                done = channel.write(sent)[1]
                sent = sent[max(done, 0):]
        except BlockingIOError:
            pass
        count, heard = channel.read()
        if count > 0:
            plain.setblocking(True)
            plain.sendall(heard)
            plain.setblocking(False)
        else:
            threading.Event().wait(0.002)


door = session(socket.create_connection(("127.0.0.1", int(env["PORT"]))), "127.0.0.1", int(env["PORT"]))
if "PASSWORD" in env:
    door.userauth_password("alumno1", env["PASSWORD"])
else:
    door.userauth_publickey_fromfile("alumno1", env["KEY"], passphrase="")
status, text = run(door, "vm list --json")
print("door", status, json.loads(text)[0]["name"])

ours, theirs = socket.socketpair()
channel = door.direct_tcpip("web1", 22)
threading.Thread(target=carry, args=(door, theirs, channel), daemon=True).start()
machine = session(ours, "web1", 22)
machine.userauth_publickey_fromfile("root", env["KEY"], passphrase="")
status, text = run(machine, "echo hola; exit 7")
print("machine", status, text.strip())
