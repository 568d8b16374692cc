// ssh2 of npm: puerta, a machine behind it, a file there and back.
const fs = require("fs");
const { Client } = require("ssh2");
const { version } = require("ssh2/package.json");

const env = process.env;
console.log("version", version);
const privateKey = fs.readFileSync(env.KEY);
// Its own word about host keys is a function of ours.
const known = (name) => {
  const line = fs.readFileSync(env.KNOWN, "utf8").split("\n").find((line) => line.startsWith(name + " "));
  const key = Buffer.from(line.split(" ")[2], "base64");
  return (theirs) => key.equals(theirs);
};

function connect(options, answer) {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on("ready", () => resolve(client)).on("error", reject);
    client.on("keyboard-interactive", (_name, _words, _lang, prompts, finish) => finish(prompts.map(answer)));
    client.connect(options);
  });
}

function run(client, command) {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error) return reject(error);
      let text = "", status;
      stream.on("data", (data) => (text += data)).on("exit", (code) => (status = code));
      stream.on("close", () => resolve([status, text]));
      stream.stderr.resume();
    });
  });
}

const does = (call) => new Promise((resolve, reject) =>
  call((error, value) => (error ? reject(error) : resolve(value))));

async function main() {
  const proof = env.PASSWORD ? { password: env.PASSWORD, tryKeyboard: true } : { privateKey };
  const answer = ({ prompt }) => (prompt.includes("Verification") ? env.CODE : env.PASSWORD);
  const port = Number(env.PORT);
  const hostVerifier = known(`[127.0.0.1]:${port}`);
  const door = await connect({ host: "127.0.0.1", port, username: "alumno1", hostVerifier, ...proof }, answer);
  let [status, text] = await run(door, "vm list --json");
  console.log("door", status, JSON.parse(text)[0].name);

  const sock = await does((done) => door.forwardOut("127.0.0.1", 0, "web1", 22, done));
  const machine = await connect({ sock, username: "root", privateKey, hostVerifier: known("web1") });
  [status, text] = await run(machine, "echo hola; exit 7");
  console.log("machine", status, text.trim());
  const files = await does((done) => machine.sftp(done));
  await does((done) => files.fastPut(env.DIR + "/in", env.DIR + "/there", done));
  await does((done) => files.fastGet(env.DIR + "/there", env.DIR + "/back", done));
  machine.end();
  door.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
