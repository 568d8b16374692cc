"""libssh: puerta, a machine behind it by way of a proxy command, a file there and back."""

import json
import os

import pylibsshext
from pylibsshext.session import Session

env = os.environ
print("version", pylibsshext.__libssh_version__)
with open(env["KEY"], "rb") as file:
    key = file.read()
usual = {"knownhosts": env["KNOWN"], "host_key_checking": True, "look_for_keys": False, "timeout": 10}
proof = {"password": env["PASSWORD"]} if "PASSWORD" in env else {"private_key": key}


def run(session, command):
    channel = session.new_channel()
    said = channel.exec_command(command)
    channel.close()
    return said.returncode, said.stdout.decode()


door = Session()
door.connect(host="127.0.0.1", port=int(env["PORT"]), user="alumno1", **proof, **usual)
status, text = run(door, "vm list --json")
print("door", status, json.loads(text)[0]["name"])
door.close()

machine = Session()
machine.connect(host="web1", port=22, user="root", private_key=key, proxycommand=env["TUNNEL"], **usual)
status, text = run(machine, "echo hola; exit 7")
print("machine", status, text.strip())
files = machine.sftp()
files.put(env["DIR"] + "/in", env["DIR"] + "/there")
files.get(env["DIR"] + "/there", env["DIR"] + "/back")
files.close()
machine.close()
