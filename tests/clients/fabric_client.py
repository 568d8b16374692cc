"""fabric: puerta as the gateway, a machine behind it, a file there and back."""

import json
import os

import fabric

env = os.environ
print("version", fabric.__version__)
with_key = {"key_filename": env["KEY"], "allow_agent": False, "look_for_keys": False}

# Known hosts are read from HOME.
door = fabric.Connection("127.0.0.1", user="alumno1", port=int(env["PORT"]), connect_kwargs=with_key)
said = door.run("vm list --json", hide=True, warn=True)
print("door", said.exited, json.loads(said.stdout)[0]["name"])

machine = fabric.Connection("web1", user="root", gateway=door, connect_kwargs=with_key)
said = machine.run("echo hola; exit 7", hide=True, warn=True)
print("machine", said.exited, said.stdout.strip())
machine.put(env["DIR"] + "/in", env["DIR"] + "/there")
machine.get(env["DIR"] + "/there", env["DIR"] + "/back")
machine.close()
door.close()
