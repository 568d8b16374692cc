# shellcheck shell=bash disable=SC2016
# One real incusd per node, each in its own network, mount and host-name namespace, and the project `puerta` in them.

PROJECT=puerta

# The client always runs inside the node: on a join it dials the other member by itself.
client() { # client NODE WORDS...
    local i=$1
    shift
    ip netns exec "$P$(node_name "$i")" env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY \
        INCUS_DIR="$DIR/n$i" INCUS_CONF="$DIR/conf" incus "$@"
}

incus_at() { client "$@" </dev/null; }      # it would read our stdin
preseed() { client "$1" admin init --preseed; }

node_alive() { incus_at "$1" query /1.0 >/dev/null 2>&1; }

# `ip netns exec` mounts a new /sys and so loses the cgroups: without them limits silently do not work.
# They are carried over by a bind in a mount namespace of the daemon's own, which nothing leaks out of.
NODE_SCRIPT='set -e
echo "$2" >/proc/sys/kernel/hostname
mount --rbind /sys/fs/cgroup "$4/cg"
exec ip netns exec "$1" sh -c "mount --rbind $4/cg /sys/fs/cgroup; umount -l $4/cg; exec $5 --group root --logfile $4/log/$2.log"'

node_start() {
    local name
    name=$(node_name "$1")
    if node_alive "$1"; then
        ip netns exec "$P$name" nft -f "$DIR/rules.nft"
        return
    fi
    mkdir -p "$DIR/n$1" "$DIR/log" "$DIR/cg" "$DIR/conf"
    ip netns exec "$P$name" "$REPO/contrib/node/start" "$DIR/rules.nft" >>"$DIR/log/$name.out"
    (
        cd /
        exec env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u PUERTA_LAB_RUN \
            PUERTA_LAB="$TAG" PUERTA_LAB_DAEMON=1 INCUS_DIR="$DIR/n$1" \
            setsid unshare --mount --uts --propagation slave \
            sh -c "$NODE_SCRIPT" _ "$P$name" "$name" "$1" "$DIR" "$(incusd_path)" \
            >>"$DIR/log/$name.out" 2>&1 </dev/null
    ) &
    echo $! >"$DIR/n$1.pid"
    [ -n "${NO_WAIT:-}" ] || node_wait "$1"
}

node_wait() {
    local deadline=$((SECONDS + 60))
    until node_alive "$1"; do
        kill -0 "$(cat "$DIR/n$1.pid")" 2>/dev/null ||
            die "incusd of $(node_name "$1") ended: $(tail -n 3 "$DIR/log/$(node_name "$1").out" "$DIR/log/$(node_name "$1").log" 2>/dev/null)"
        [ $SECONDS -lt $deadline ] || die "incusd of $(node_name "$1") does not answer: see $DIR/log"
        sleep 0.05
    done
}

node_stop() { # SIGTERM: the machines go on without their daemon
    local pid
    pid=$(cat "$DIR/n$1.pid" 2>/dev/null || true)
    [ -n "$pid" ] && end_process "$pid" 15
}

# end_process PID SECONDS: a polite end, then a hard one
end_process() {
    local _
    kill -TERM "$1" 2>/dev/null || return 0
    for _ in $(seq $(($2 * 20))); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -KILL "$1" 2>/dev/null || true
}

# What `puerta node rules` prints for these nodes. A lab for tests of the engine alone has no puerta to ask.
node_rules() {
    if [ "$ENGINE_ONLY" = 1 ]; then
        [ -e "$DIR/rules.nft" ] || echo '# none' >"$DIR/rules.nft"
    else
        [ -e "$DIR/puerta.toml" ] || write_config
        "$BIN" node rules --config "$DIR/puerta.toml" >"$DIR/rules.nft.new" || die "\`puerta node rules\` failed"
        mv "$DIR/rules.nft.new" "$DIR/rules.nft"
    fi
}

engine_up() {
    local i
    node_rules
    # All first, then wait: a cluster that comes back needs most of its members before it answers.
    for i in $(seq "$NODES"); do NO_WAIT=1 node_start "$i"; done
    for i in $(seq "$NODES"); do node_wait "$i"; done
    [ ! -e "$DIR/engine.set" ] || return 0
    first_node
    for i in $(seq 2 "$NODES"); do join_node "$i"; done
    # who tries what happens without a node need not wait twenty seconds for it
    [ "$NODES" = 1 ] || incus_at 1 config set cluster.offline_threshold 12
    project
    certificate
    : >"$DIR/engine.set"
}

# One node is a plain host; several are a cluster.
first_node() {
    local cluster=''
    [ "$NODES" = 1 ] || cluster='cluster: {server_name: nodo01, enabled: true}'
    preseed 1 <<YAML
config: {core.https_address: "$(node_address 1):8443"}
storage_pools: [{name: default, driver: dir}]
profiles: [{name: default, devices: {root: {type: disk, path: /, pool: default}}}]
$cluster
YAML
}

join_node() {
    local name token
    name=$(node_name "$1")
    token=$(incus_at 1 cluster add "$name" -q | tail -n 1)
    preseed "$1" <<YAML
cluster: {enabled: true, server_name: $name, server_address: "$(node_address "$1"):8443", cluster_token: "$token", member_config: []}
YAML
}

# What puerta may touch. Restricted: nothing in it may be privileged or reach a disk of the host.
project() {
    incus_at 1 query -X POST /1.0/projects -d '{"name": "'$PROJECT'", "description": "the machines of puerta", "config": {
        "features.images": "true", "features.profiles": "true", "features.storage.volumes": "true", "features.networks": "false",
        "restricted": "true", "restricted.devices.nic": "allow", "restricted.backups": "allow",
        "restricted.snapshots": "allow", "restricted.cluster.target": "allow"}}' >/dev/null
    incus_at 1 query -X PUT "/1.0/profiles/default?project=$PROJECT" -d '{"description": "every machine of puerta",
        "config": {}, "devices": {"root": {"type": "disk", "path": "/", "pool": "default"}}}' >/dev/null
}

# The certificate that puerta shows to a cluster: it opens the project and no more.
certificate() {
    local der
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=puerta \
        -keyout "$DIR/puerta.key" -out "$DIR/puerta.crt" 2>/dev/null
    chmod 0600 "$DIR/puerta.key"
    der=$(sed '/-----/d' "$DIR/puerta.crt" | tr -d '\n')
    incus_at 1 query -X POST /1.0/certificates -d '{"name": "puerta", "type": "client", "certificate": "'"$der"'",
        "restricted": true, "projects": ["'$PROJECT'"]}' >/dev/null
    if [ "$NODES" = 1 ]; then cp "$DIR/n1/server.crt" "$DIR/cluster.crt"; else cp "$DIR/n1/cluster.crt" "$DIR/cluster.crt"; fi
}

engine_servers() {
    local i list=''
    for i in $(seq "$NODES"); do list+=",https://$(node_address "$i"):8443"; done
    echo "${list#,}"
}

engine_env() {
    cat <<ENV
ENGINE_SOCKET=$DIR/n1/unix.socket
ENGINE_SERVERS=$(engine_servers)
ENGINE_SERVER_CERTIFICATE=$DIR/cluster.crt
ENGINE_CLIENT_CERTIFICATE=$DIR/puerta.crt
ENGINE_CLIENT_KEY=$DIR/puerta.key
ENGINE_PROJECT=$PROJECT
INCUS_DIR=$DIR/n1
ENV
}

engine_lines() {
    cat <<TXT

$NODES node(s) without puerta. Try:
  contrib/lab env --dir $DIR
  contrib/lab exec --dir $DIR nodo01 -- incus list --project $PROJECT
  contrib/lab down --dir $DIR
TXT
}
