# Runs a program on a terminal of its own. Standard input: one JSON value a line, {"send": TEXT} or
# {"size": [ROWS, COLUMNS]}. Standard output: what the terminal shows. The exit status is the program's.
import fcntl, json, os, pty, select, struct, sys, termios

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[1], sys.argv[1:])


def size(rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


size(24, 80)
waiting, sources = b"", [0, terminal]
while True:
    ready = select.select(sources, [], [])[0]
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            shown = b""
        if not shown:
            break
        os.write(1, shown)
    if 0 in ready:
        told = os.read(0, 65536)
        if not told:
            sources.remove(0)
        waiting += told
        *lines, waiting = waiting.split(b"\n")
        for line in map(json.loads, lines):
            if "send" in line:
                os.write(terminal, line["send"].encode())
            else:
                size(*line["size"])
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) & 255)
