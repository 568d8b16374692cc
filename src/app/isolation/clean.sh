# In a machine that was probed, afterwards, also when something went wrong: says who began a connection to TCP
# port $1 that never came to be, as `half ADDRESS`, and takes away what the other two scripts may have left.
# Each further argument is TARGET,SOURCE of a forged probe.
command -v busybox >/dev/null || exit 0
port=$1
shift
busybox netstat -tn 2>/dev/null | busybox sed -n "s/^tcp .*:$port  *\(::ffff:\)*\([0-9.]*\):[0-9]*  *SYN_RECV.*/half \2/p"
for process in /proc/[0-9]*; do
    case $(busybox tr '\0' ' ' <"$process/cmdline" 2>/dev/null) in
        *"busybox nc -ll -p $port -e /bin/true "*) kill "${process#/proc/}" 2>/dev/null ;;
    esac
done 2>/dev/null
for words; do
    busybox ip route del "${words%,*}/32" src "${words#*,}" 2>/dev/null
    busybox ip addr del "${words#*,}/32" dev lo 2>/dev/null
done
exit 0
