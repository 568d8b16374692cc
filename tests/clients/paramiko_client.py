"""paramiko: puerta, a machine behind it, a file there and back."""

import json
import os

import paramiko

env = os.environ
print("version", paramiko.__version__)


def connect(host, port, login, **more):
    client = paramiko.SSHClient()  # refuses who is not in here
    client.load_host_keys(env["KNOWN"])
    client.connect(host, port, login, allow_agent=False, look_for_keys=False, timeout=10, **more)
    return client


def run(client, command):
    out = client.exec_command(command)[1]
    text = out.read().decode()
    return out.channel.recv_exit_status(), text


proof = {"password": env["PASSWORD"]} if "PASSWORD" in env else {"key_filename": env["KEY"]}
door = connect("127.0.0.1", int(env["PORT"]), "alumno1", **proof)
status, text = run(door, "vm list --json")
print("door", status, json.loads(text)[0]["name"])

tunnel = door.get_transport().open_channel("direct-tcpip", ("web1", 22), ("127.0.0.1", 0))
machine = connect("web1", 22, "root", sock=tunnel, key_filename=env["KEY"])
status, text = run(machine, "echo hola; exit 7")
print("machine", status, text.strip())
files = machine.open_sftp()
files.put(env["DIR"] + "/in", env["DIR"] + "/there")
files.get(env["DIR"] + "/there", env["DIR"] + "/back")
machine.close()
door.close()
