# shellcheck shell=bash
# The network: every address of the lab lives in a namespace, and none of them has a way out.
#
#   outside ---- pub ---- puerta ---- lan ---- switch ---- nodo01 .. nodoNN
#   192.0.2.2   192.0.2.1        10.0.0.1             10.0.0.65, .129, .193, 10.0.1.1 ..
#
# outside is the campus (also 192.0.2.3) and all the world behind it (198.51.100.2), and tries puerta as its router.

node_name() { printf 'nodo%02d' "$1"; }

node_address() { # slot 1 of seat N
    local n=$((64 * $1 + 1))
    printf '10.0.%d.%d' $((n / 256)) $((n % 256))
}

namespaces() {
    local i
    printf '%s\n' puerta outside switch
    for i in $(seq "$NODES"); do node_name "$i"; echo; done
}

set_sysctl() { # set_sysctl NAMESPACE KEY=VALUE...   (without procps, which may be absent)
    local ns=$1
    shift
    # shellcheck disable=SC2016
    ip netns exec "$P$ns" sh -c 'for kv; do echo "${kv#*=}" >"/proc/sys/${kv%%=*}"; done' _ "$@"
}

add_namespace() {
    # The file comes first: nothing may ask this machine's resolver from inside.
    mkdir -p "/etc/netns/$P$1"
    echo 'nameserver 127.0.0.1' >"/etc/netns/$P$1/resolv.conf"
    ip netns add "$P$1"
    ip -n "$P$1" link set lo up
}

plug() { # plug NAMESPACE INTERFACE ADDRESS: a cable from the switch
    ip -n "${P}switch" link add "to-$1" type veth peer name "$2" netns "$P$1"
    ip -n "${P}switch" link set "to-$1" master br0 up
    ip -n "$P$1" addr add "$3" dev "$2"
    ip -n "$P$1" link set "$2" up
}

net_up() {
    local i node
    [ ! -e "$DIR/net.ready" ] || ! net_stands || return 0
    # After a reboot DIR may be there and the namespaces gone: make them anew around the old data.
    kill_all everybody
    for node in $(namespaces); do ip netns del "$P$node" 2>/dev/null || true; done
    for node in $(namespaces); do add_namespace "$node"; done
    ip -n "${P}switch" link add br0 type bridge
    ip -n "${P}switch" link set br0 up
    plug puerta lan 10.0.0.1/8
    ip -n "${P}puerta" link add pub type veth peer name pub netns "${P}outside"
    ip -n "${P}puerta" addr add 192.0.2.1/24 dev pub
    ip -n "${P}outside" addr add 192.0.2.2/24 dev pub
    ip -n "${P}puerta" link set pub up
    ip -n "${P}outside" addr add 192.0.2.3/24 dev pub
    ip -n "${P}outside" addr add 198.51.100.2/32 dev lo
    ip -n "${P}outside" link set pub up
    ip -n "${P}outside" route add default via 192.0.2.1
    ip -n "${P}puerta" route add default via 192.0.2.2
    set_sysctl puerta net/ipv4/ip_forward=1 net/ipv4/neigh/lan/proxy_delay=0
    for i in $(seq "$NODES"); do
        node=$(node_name "$i")
        plug "$node" eth0 "$(node_address "$i")/8"
        ip -n "$P$node" route add default via 10.0.0.1
        # proxy_delay: Incus answers ARP for the machines, and its default of 0.8 s breaks its own probe for duplicates
        set_sysctl "$node" net/ipv4/conf/all/forwarding=1 net/ipv4/neigh/eth0/proxy_delay=0
    done
    : >"$DIR/net.ready"
}

net_stands() {
    local node
    for node in $(namespaces); do
        [ -e "/run/netns/$P$node" ] && ip -n "$P$node" link show lo >/dev/null 2>&1 || return 1
    done
}
