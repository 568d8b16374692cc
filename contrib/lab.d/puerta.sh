# shellcheck shell=bash
# The program itself: its binary, its configuration, its doors, and a course with two students.

SEATS=(alumno1 alumno2)
COURSE=demo-2026

# Under sudo, Rust and the target folder belong to the person who typed it.
as_builder() {
    local home=${HOME:-/root}
    if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
        runuser -u "$SUDO_USER" -- env HOME="$home" PATH="$home/.cargo/bin:$PATH" "$@"
    else
        env PATH="$PATH:$home/.cargo/bin" "$@"
    fi
}

# Asked before anything is made: a build takes minutes, and without Rust there is none.
cargo_there() {
    [ -n "${PUERTA_BIN:-}" ] || as_builder sh -c 'command -v cargo' >/dev/null ||
        die "Rust is missing: install it with rustup (https://rustup.rs), then run \`up\` again"
}

puerta_binary() {
    if [ -n "${PUERTA_BIN:-}" ]; then
        BIN=$(readlink -f "$PUERTA_BIN")
    else
        step "cargo build" build_puerta
        BIN=${CARGO_TARGET_DIR:-$REPO/target}/release/puerta
    fi
    [ -x "$BIN" ] || die "\`$BIN\` is not a program"
    printf 'BIN=%s\n' "$BIN" >"$DIR/bin.conf"
}

# cargo's locks and half-made files survive a kill: the build carries no mark, so no sweep ends it.
build_puerta() {
    (cd "$REPO" && as_builder env -u PUERTA_LAB -u PUERTA_LAB_RUN cargo build --release --locked --quiet) ||
        die "cargo build failed: see its message above"
}

puerta_keys() {
    local who
    mkdir -p "$DIR/keys"
    for who in profesor "${SEATS[@]}"; do
        [ -e "$DIR/keys/$who.pub" ] && continue
        rm -f "$DIR/keys/$who"
        ssh-keygen -q -t ed25519 -N '' -C "$who@lab" -f "$DIR/keys/$who"
    done
}

# A free port of this machine, kept in DIR: clients remember it as they remember a host key.
puerta_port() {
    [ -s "$DIR/port" ] || {
        /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' >"$DIR/port.new"
        mv "$DIR/port.new" "$DIR/port"
    }
    cat "$DIR/port"
}

quoted_list() { # a,b -> "a", "b"
    printf '"%s"' "${1//,/\", \"}"
}

write_config() {
    {
        cat <<TOML
# written by contrib/lab
state_dir = "$DIR/state"
language = "es"
domain = "virtuales"

[ssh]
listen = ["127.0.0.1:$(puerta_port)"]   # the lab hands over open sockets; they win
public_name = "puerta"

[network]
first_year = 2026

[engine]
driver = "incus"
TOML
        if [ "$NODES" = 1 ]; then
            echo "socket = \"$DIR/n1/unix.socket\""
        else
            echo "servers = [$(quoted_list "$(engine_servers)")]"
            echo "server_certificate = \"$DIR/cluster.crt\""
            echo "client_certificate = \"$DIR/puerta.crt\""
            echo "client_key = \"$DIR/puerta.key\""
        fi
        printf 'project = "%s"\npool = "default"\nparent = "eth0"\n' "$PROJECT"
        printf '\n[firewall]\noutside = ["pub"]\ninside = "lan"\n'
    } >"$DIR/puerta.toml.new"
    mv "$DIR/puerta.toml.new" "$DIR/puerta.toml"
}

puerta_up() {
    # A configuration that somebody edited in a standing lab is theirs.
    [ -e "$DIR/puerta.toml" ] || write_config
    if [ ! -e "$DIR/puerta.set" ]; then
        rm -rf "$DIR/state"
        "$BIN" init --config "$DIR/puerta.toml" --admin profesor --key "$DIR/keys/profesor.pub" >"$DIR/log/init.log" 2>&1 ||
            die "puerta init failed: $(tail -n 5 "$DIR/log/init.log")"
        : >"$DIR/puerta.set"
    fi
    puerta_start
    write_ssh_files
}

puerta_pid() { # the process, if it lives and is still ours
    local pid
    pid=$(cat "$DIR/puerta.pid" 2>/dev/null || true)
    [ -n "$pid" ] && grep -qszx "PUERTA_LAB=$TAG" "/proc/$pid/environ" && echo "$pid"
}

puerta_start() {
    local rc=0
    ! puerta_pid >/dev/null || return 0
    # shellcheck source=/dev/null
    . "$DIR/bin.conf"
    env -u PUERTA_LAB_RUN PUERTA_LAB="$TAG" PUERTA_LAB_DAEMON=1 LAB_NETNS="${P}puerta" \
        LAB_OUTSIDE="127.0.0.1:$(puerta_port)" LAB_INSIDE=192.0.2.1:22 \
        LAB_PID="$DIR/puerta.pid" LAB_LOG="$DIR/puerta.log" LAB_NOTIFY="$DIR/notify.socket" \
        LAB_WAIT="${PUERTA_LAB_WAIT:-30}" \
        /usr/bin/python3 "$HERE/lab.d/launch.py" start "$BIN" serve --config "$DIR/puerta.toml" || rc=$?
    case $rc in
        0) ;;
        2) die "puerta did not get ready in time: see $DIR/puerta.log" ;;
        *) die "puerta ended at once: $(tail -n 5 "$DIR/puerta.log" 2>/dev/null)" ;;
    esac
}

puerta_stop() {
    local pid
    if pid=$(puerta_pid); then end_process "$pid" "${PUERTA_LAB_WAIT:-30}"; fi
    rm -f "$DIR/puerta.pid"
}

write_ssh_files() {
    local port
    port=$(puerta_port)
    awk -v h="[127.0.0.1]:$port" '{ print h, $1, $2 }' "$DIR/state/ssh_host_ed25519_key.pub" >"$DIR/known_hosts"
    awk '{ print "192.0.2.1", $1, $2 }' "$DIR/state/ssh_host_ed25519_key.pub" >>"$DIR/known_hosts"
    cat >"$DIR/ssh_config" <<CONF
# ssh -F $DIR/ssh_config alumno1@puerta vm list
# ssh -F $DIR/ssh_config -J alumno1@puerta root@web1
Host puerta
    HostName 127.0.0.1
    Port $port
    HostKeyAlias [127.0.0.1]:$port
    UserKnownHostsFile $DIR/known_hosts
    StrictHostKeyChecking yes
    IdentityFile $DIR/keys/%r
    IdentitiesOnly yes

# The machines, which hold the key of their seat's student: alumno1's by their short names, alumno2's as
# web1.alumno2 (two seats may both have a web1). A new one is believed the first time and remembered.
Host *.alumno2 *.alumno2.virtuales
    IdentityFile $DIR/keys/alumno2
Host * !puerta !*.alumno2 !*.alumno2.virtuales
    IdentityFile $DIR/keys/alumno1
Host * !puerta
    UserKnownHostsFile $DIR/known_machines
    StrictHostKeyChecking accept-new
    IdentitiesOnly yes
CONF
}

as() { # as LOGIN WORDS...: through the product's own door
    local login=$1
    shift
    ssh -F "$DIR/ssh_config" -o BatchMode=yes -o ConnectTimeout=10 "$login@puerta" "$@" </dev/null
}

puerta_enrol() {
    local who
    as profesor course list --json 2>/dev/null | grep -qF "\"$COURSE\"" ||
        as profesor course create "$COURSE" >/dev/null || die "\`course create $COURSE\` failed"
    for who in "${SEATS[@]}"; do
        as profesor person show "$who" >/dev/null 2>&1 && continue
        as profesor "person add $who --course $COURSE --key \"$(cut -d' ' -f1,2 "$DIR/keys/$who.pub")\"" >/dev/null ||
            die "\`person add $who\` failed"
    done
}

puerta_env() {
    local pid
    if [ "$ENGINE_ONLY" = 1 ]; then
        engine_env
    else
        # shellcheck source=/dev/null
        . "$DIR/bin.conf"
        pid=$(puerta_pid) || pid=''
        cat <<ENV
PUERTA_HOST=127.0.0.1
PUERTA_PORT=$(puerta_port)
PUERTA_KEYS=$DIR/keys
PUERTA_KNOWN_HOSTS=$DIR/known_hosts
PUERTA_PID=$pid
ENV
    fi
    cat <<ENV
PUERTA_NETNS=${P}puerta
PUERTA_DIR=$DIR
ENV
    [ "$ENGINE_ONLY" = 1 ] || printf 'PUERTA_BIN=%s\nPUERTA_CONFIG=%s\n' "$BIN" "$DIR/puerta.toml"
    echo "PUERTA_NODES=$NODES"
}

lab_status() {
    local i pid
    say "lab in $DIR, $NODES node(s), namespaces ${P}*"
    for i in $(seq "$NODES"); do
        say "  $(node_name "$i") $(node_address "$i")  $(node_alive "$i" && echo "incusd answers" || echo "incusd does not answer")"
    done
    [ "$ENGINE_ONLY" = 1 ] && return 0
    if pid=$(puerta_pid); then
        say "  puerta  127.0.0.1:$(puerta_port)  process $pid"
    else
        say "  puerta  does not run"
    fi
}

next_lines() {
    local lab=contrib/lab at=''
    [ "$DIR" = /var/lib/puerta-lab ] || at=" --dir $DIR"
    cat <<TXT

Now, as the student alumno1:

  alias s='ssh -F $DIR/ssh_config'
  s alumno1@puerta                                  # the shell; \`help\`, \`exit\`
  s alumno1@puerta vm create web1 --template mini
  s -J alumno1@puerta root@web1                     # into the machine itself
  s -J alumno1@puerta root@web1 'echo "<h1>hola</h1>" >/www/index.html'
  s alumno1@puerta vm backup web1
  s -J alumno1@puerta root@web1 rm /www/index.html
  s alumno1@puerta backup list
  s alumno1@puerta vm restore web1 --yes            # without --yes it asks, at a terminal
  s -J alumno1@puerta root@web1 cat /www/index.html # the page is back
  s alumno1@puerta port publish web1 80             # says which port of puerta
  $lab exec$at outside -- curl -s http://192.0.2.1:50000/
  s profesor@puerta audit list                      # as the professor
  s profesor@puerta node list                       # which nodes keep seats apart

And when you are done:

  $lab down$at
TXT
}
