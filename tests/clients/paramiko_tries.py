"""paramiko: one try after another on one connection. It asks for the service again before each of them."""

import os

import paramiko

env = os.environ


def load(name):
    return paramiko.Ed25519Key.from_private_key_file(env[name])


def tries(name, *steps):
    """Each step is done on one transport, and the last one lets it in."""
    transport = paramiko.Transport(("127.0.0.1", int(env["PORT"])))
    transport.start_client(timeout=10)
    transport.auth_timeout = 15
    said = []
    for step in steps:
        try:
            left = step(transport)
            said.append("then " + ",".join(left) if left else "in")
        except paramiko.AuthenticationException as why:
            said.append(type(why).__name__)
    channel = transport.open_session(timeout=10)
    channel.exec_command("whoami --json")
    text = channel.makefile().read().decode()
    print(name, " ".join(said), "alumno1" if '"alumno1"' in text else text)
    transport.close()


def key(which):
    return lambda transport: transport.auth_publickey("alumno1", load(which))


def password(transport):
    return transport.auth_password("alumno1", env["PASSWORD"], fallback=False)


def wrong_password(transport):
    return transport.auth_password("alumno1", "not this one", fallback=False)


def none(transport):
    return transport.auth_none("alumno1")


def code(transport):
    return transport.auth_interactive("alumno1", lambda _title, _text, prompts: [env["CODE"] for _ in prompts])


if "CODE" in env:
    tries("factor", key("WRONG"), key("KEY"), code)
else:
    tries("keys", key("WRONG"), key("KEY"))
    tries("password", key("WRONG"), wrong_password, password)
    tries("none", none, key("KEY"))
    client = paramiko.SSHClient()
    client.load_host_keys(env["KNOWN"])
    client.connect("127.0.0.1", int(env["PORT"]), "alumno1", allow_agent=True, look_for_keys=False, timeout=10)
    print("agent", len(paramiko.Agent().get_keys()), client.get_transport().is_authenticated())
    client.close()
