"""asyncssh: puerta, a machine behind it, a file there and back."""

import asyncio
import json
import os

import asyncssh

env = os.environ
print("version", asyncssh.__version__)


class Person(asyncssh.SSHClient):
    def password_auth_requested(self):
        return env["PASSWORD"]

    def kbdint_auth_requested(self):
        return ""

    def kbdint_challenge_received(self, name, instructions, lang, prompts):
        return [env["CODE"] if "Verification" in prompt else env["PASSWORD"] for prompt, _ in prompts]


async def main():
    key = {"client_keys": [env["KEY"]]}
    usual = {"known_hosts": env["KNOWN"], "config": None, "agent_path": None}
    proof = {"client_keys": None, "client_factory": Person} if "PASSWORD" in env else key
    async with asyncssh.connect("127.0.0.1", int(env["PORT"]), username="alumno1", **proof, **usual) as door:
        said = await door.run("vm list --json")
        print("door", said.exit_status, json.loads(said.stdout)[0]["name"])
        async with door.connect_ssh("web1", 22, username="root", **key, **usual) as machine:
            said = await machine.run("echo hola; exit 7")
            print("machine", said.exit_status, said.stdout.strip())
            async with machine.start_sftp_client() as files:
                await files.put(env["DIR"] + "/in", env["DIR"] + "/there")
                await files.get(env["DIR"] + "/there", env["DIR"] + "/back")


asyncio.run(main())
