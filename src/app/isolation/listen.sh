# In a machine that is probed: listens on TCP port $1 for $2 seconds at most. Says `ready`, and this
# machine's IPv6 link-local address as `link ADDRESS`.
command -v busybox >/dev/null || { echo missing busybox; exit 0; }
busybox timeout "$2" busybox nc -ll -p "$1" -e /bin/true </dev/null >/dev/null 2>&1 &
busybox ip -6 addr show dev eth0 2>/dev/null | busybox sed -n 's|^ *inet6 \(fe80:[^/]*\)/.*|link \1|p'
for try in 1 2 3 4 5 6 7 8 9 10; do
    busybox netstat -ltn 2>/dev/null | busybox grep -q ":$1 " && { echo ready; break; }
    busybox usleep 100000
done
