# shellcheck shell=bash disable=SC2016,SC2034
# Names, words and the sweep that every verb of contrib/lab shares.

MARK=.puerta-lab                # no folder without this file is ever emptied
CACHE=/var/cache/puerta-lab

say() { printf '%s\n' "$*"; }
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }
now() { date +%s%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", (b - a) / 1e9 }'; }

# step WORDS FUNCTION: one short line when it is done, with its time.
step() {
    local begun
    begun=$(now)
    STEP=$1
    "$2"
    printf '  %-22s %5s s\n' "$1" "$(since "$begun")"
}

explain_failure() {
    local rc=$?
    [ $rc = 0 ] || [ -z "${STEP:-}" ] ||
        printf 'lab: stopped at `%s`; logs in %s/log; `up` again goes on, `down --dir %s` removes it\n' \
            "$STEP" "$DIR" "$DIR" >&2
}

# Everything outside DIR is named after DIR, so that labs live side by side and a crash can be cleaned up by name.
names_of_dir() {
    DIR=$(realpath -m -- "$DIR")
    [[ $DIR =~ ^/[A-Za-z0-9._/-]+$ ]] || die "--dir wants a path of letters, digits, '.', '_' and '-', not \`$DIR\`"
    [ "${#DIR}" -le 60 ] || die "\`$DIR\` is too long: its unix sockets must stay below 108 characters; use at most 60"
    TAG=$(printf %s "$DIR" | sha256sum | cut -c1-6)
    P="puerta-$TAG-"
}

need_lab() {
    [ -e "$DIR/engine.ready" ] || die "no lab in \`$DIR\`: contrib/lab up --dir $DIR"
    load_settings
}

# --- settings that must outlive `up`

save_settings() {
    printf 'NODES=%s\nDEBIAN=%s\nENGINE_ONLY=%s\n' "$NODES" "$DEBIAN" "$ENGINE_ONLY" >"$DIR/lab.conf.new"
    mv "$DIR/lab.conf.new" "$DIR/lab.conf"
}

load_settings() {
    # shellcheck source=/dev/null
    . "$DIR/lab.conf"
}

# `up` on a lab that stands: what is there stays, what is missing is added.
resume_settings() {
    local debian=$DEBIAN only=$ENGINE_ONLY
    load_settings
    [ -z "$NODES_ASKED" ] || [ "$NODES_ASKED" = "$NODES" ] ||
        die "\`$DIR\` is a lab of $NODES node(s): contrib/lab down --dir $DIR first"
    [ "$debian" = 0 ] || DEBIAN=1
    # once puerta runs in it, it stays a whole lab
    [ "$only" = 1 ] || ENGINE_ONLY=0
    save_settings
}

# --- one `up` at a time per DIR

start_time() { # field 22 of /proc/PID/stat, counted after the name, which may hold spaces
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

claim_dir() {
    local owner pid
    mkdir -p "$DIR"
    chmod 0755 "$DIR"
    if [ ! -e "$DIR/$MARK" ]; then
        [ -z "$(ls -A "$DIR")" ] || die "\`$DIR\` is not empty and is not a lab: choose another --dir"
        : >"$DIR/$MARK"
    fi
    case ",$(findmnt -no OPTIONS -T "$DIR")," in
        *,noexec,*) die "\`$DIR\` is on a noexec mount, where no machine runs: choose another --dir" ;;
    esac
    exec 9<"$DIR"
    flock 9
    owner=$(cat "$DIR/up.pid" 2>/dev/null || true)
    pid=${owner%% *}
    if [ -n "$owner" ] && [ "$pid" != $$ ] && [ "$pid $(start_time "$pid")" = "$owner" ]; then
        die "another \`up\` (process $pid) is at work in \`$DIR\`"
    fi
    printf '%s %s\n' $$ "$(start_time $$)" >"$DIR/up.pid"
    exec 9<&-       # held for this moment only: a daemon must not inherit it
    trap explain_failure EXIT
    # What a killed `up` was still running must not go on beside this one.
    kill_all strays
}

release_dir() {
    rm -f "$DIR/up.pid"
    trap - EXIT
}

# --- the sweep: after any crash, nothing of this DIR is left but DIR itself

# Where DIR lies as mountinfo prints it, which counts from the root of its file system.
dir_in_its_filesystem() {
    local root target
    read -r root target < <(findmnt -nro FSROOT,TARGET -T "$DIR") || return 0
    printf '%s%s' "${root%/}" "${DIR#"${target%/}"}"
}

environ_pids() { # /proc/PID/environ lines to PIDs
    sed 's|^/proc/||; s|/environ$||'
}

# By the mark in the environment, but never this very run. (A process that ended in between is nobody: grep -L leaves it out.)
marked_pids() { marked_files | environ_pids; }

marked_files() {
    { grep -lszx "PUERTA_LAB=$TAG" /proc/[0-9]*/environ || true; } |
        { xargs -r grep -Lszx "PUERTA_LAB_RUN=${PUERTA_LAB_RUN:-none}" || true; }
}

machine_pids() { # processes inside the machines: they have a clean environment, but their root lies in DIR
    local f rel mine
    rel=$(dir_in_its_filesystem)
    [ -n "$rel" ] || return 0
    mine=$(readlink /proc/self/ns/mnt)
    { grep -lsF " $rel/n" /proc/[0-9]*/mountinfo || true; } | while read -r f; do
        f=${f%/mountinfo}
        # Never anything in our own mount namespace: the lab keeps all its mounts out of it.
        [ "$(readlink "$f/ns/mnt" 2>/dev/null || echo "$mine")" = "$mine" ] || echo "${f#/proc/}"
    done
}

monitor_pids() { # `[lxc monitor] DIR/n1/containers NAME`, and the machine's init below it
    { grep -lsa "^\[lxc monitor\] $DIR/n" /proc/[0-9]*/cmdline || true; } | sed 's|^/proc/||; s|/cmdline$||'
}

netns_pids() {
    local ns
    for ns in /run/netns/"$P"*; do
        [ -e "$ns" ] || continue
        ip netns pids "${ns##*/}" 2>/dev/null || true
    done
}

strays() { # left-overs of an `up` that was killed: marked, but not a daemon of the lab
    marked_files | { xargs -r grep -Lszx PUERTA_LAB_DAEMON=1 || true; } | environ_pids
}

everybody() { { marked_pids; monitor_pids; machine_pids; netns_pids; } | sort -un | grep -vx $$ || true; }

# With cgroups v1 a frozen machine (a backup that was cut) does not even die.
thaw() {
    local pid group
    for pid in "$@"; do
        group=$(sed -n 's/^[0-9]*:freezer:\(\/lxc\.payload\..*\)/\1/p' "/proc/$pid/cgroup" 2>/dev/null || true)
        [ -z "$group" ] || { echo THAWED >"/sys/fs/cgroup/freezer$group/freezer.state"; } 2>/dev/null || true
    done
}

# kill_all LISTER: a killed parent may just have forked, so look again until nobody is left.
kill_all() {
    local pids _
    for _ in $(seq 100); do
        pids=$("$1")
        [ -n "$pids" ] || return 0
        # shellcheck disable=SC2086
        kill -9 $pids 2>/dev/null || true
        # shellcheck disable=SC2086
        thaw $pids
        sleep 0.05
    done
    die "these processes do not end: $(echo "$pids" | tr '\n' ' ')"
}

# LXC leaves the cgroups of a killed machine behind, empty. Only names that this lab used, and rmdir refuses a busy one.
sweep_cgroups() {
    local name
    for name in "$@"; do
        find /sys/fs/cgroup -depth -type d \( -path "*/lxc.payload.$name*" -o -path "*/lxc.monitor.$name*" \) 2>/dev/null |
            grep -E "/lxc\.(payload|monitor)\.$name(-[0-9]+)?(/|$)" | tr '\n' '\0' | xargs -0r rmdir 2>/dev/null || true
    done
    # one for all machines of this host, and only made when LXC first needs it: the last lab takes it away
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -type d -name 'lxc.monitor.*' 2>/dev/null)" ] ||
        find /sys/fs/cgroup -maxdepth 2 -type d -name lxc.pivot -exec rmdir {} + 2>/dev/null || true
}

sweep_apparmor() { # a killed incusd cannot unload its profiles
    local list=/sys/kernel/security/apparmor/profiles name
    [ -r "$list" ] || return 0
    grep -F "<$DIR/n" "$list" | sed 's/ ([a-z]*)$//' | while read -r name; do
        printf %s "$name" >/sys/kernel/security/apparmor/.remove 2>/dev/null || true
    done
}

sweep() {
    local machines=() path
    for path in "$DIR"/n*/containers/*; do
        [ -e "$path" ] || [ -L "$path" ] || continue
        machines+=("${path##*/}")
    done
    kill_all everybody
    for path in /run/netns/"$P"*; do
        [ ! -e "$path" ] || ip netns del "${path##*/}" 2>/dev/null || rm -f "$path"
    done
    rm -rf /etc/netns/"$P"*
    awk -v d="$DIR/" 'index($2, d) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l 2>/dev/null || true
    sweep_cgroups "${machines[@]}"
    sweep_apparmor
    rm -rf "$CACHE/new.$TAG".*
    rmdir "$CACHE" 2>/dev/null || true
    # `ip` made these for its first namespace; they go with the last one.
    rmdir /etc/netns 2>/dev/null || true
    if [ -d /run/netns ] && [ -z "$(ls -A /run/netns)" ]; then
        umount /run/netns 2>/dev/null || true
        rmdir /run/netns 2>/dev/null || true
    fi
    [ ! -e "$DIR/$MARK" ] ||
        find "$DIR" -xdev -mindepth 1 ! -name "$MARK" ! -name up.pid -delete
}
