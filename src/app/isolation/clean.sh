# In a machine that was probed, afterwards, also when something went wrong: says who began a connection to TCP
# port $1 that never came to be, as `half ADDRESS`, and takes away what the other two scripts may have left.
# Each further argument is TARGET,SOURCE of a forged probe.
command -v busybox >/dev/null || exit 0
port=$1
shift
busybox netstat -tn 2>/dev/null | busybox sed -n "s/^tcp .*:$port  *\(::ffff:\)*\([0-9.]*\):[0-9]*  *SYN_RECV.*/half \2/p"
for pid in $(busybox pidof busybox nc); do
    busybox grep -qz "^$port\$" "/proc/$pid/cmdline" 2>/dev/null && kill "$pid" 2>/dev/null
done
for words; do
    busybox ip route del "${words%,*}/32" src "${words#*,}" 2>/dev/null
    busybox ip addr del "${words#*,}/32" dev lo 2>/dev/null
done
exit 0
