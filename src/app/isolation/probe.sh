# In a machine: tries what it is told, and says how each went as `NUMBER WORD`. Each argument is one probe:
#   NUMBER,KIND,TARGET,PORT,SOURCE      those of kind `forged` come last, one after another
# Words: open (it answered), refused (it answered that nothing is there), silent, missing (a tool is), sent.
command -v busybox >/dev/null || exit 0
tools=" $(busybox --list | busybox tr '\n' ' ')"
says() { echo "$number $1"; }
needs() { case $tools in *" $1 "*) ;; *) says missing; return 1 ;; esac }
answers() { "$@" >/dev/null 2>&1 && says open || says silent; }

tcp() {
    case $(busybox nc -w 2 "$target" "$port" </dev/null 2>&1 && echo connected) in
        *connected*) says open ;;
        *refused*) says refused ;;
        *) says silent ;;
    esac
}

# A datagram to a port where nothing listens: the answer is that it is closed, and who says so.
udp() {
    needs traceroute || return
    case $(busybox traceroute -n -f 9 -m 9 -q 2 -w 2 -p "$port" "$target" 2>&1) in
        *"  $target "*) says open ;;
        *) says silent ;;
    esac
}

# Everybody on this link but ourselves: that is the node.
neighbours6() {
    own=$(busybox ip -6 addr show dev eth0 | busybox sed -n 's|^ *inet6 \(fe80:[^/]*\)/.*|\1|p')
    [ -n "$own" ] || { says silent; return; }
    answers eval "busybox timeout 2 busybox ping6 -c 2 -I eth0 ff02::1 | busybox grep 'from fe80:' | busybox grep -qv '$own'"
}

# A connection that says it comes from another address. Only the target can see whether it arrives.
forged() {
    needs nc || return
    busybox ip addr add "$source/32" dev lo && busybox ip route add "$target/32" via "$via" dev eth0 src "$source" &&
        { busybox nc -w 1 "$target" "$port" </dev/null >/dev/null 2>&1; says sent; }
    unforge
}

unforge() {
    busybox ip route del "$target/32" via "$via" dev eth0 2>/dev/null
    busybox ip addr del "$source/32" dev lo 2>/dev/null
}

probe() {
    IFS=, read -r number kind target port source <<WORDS
$1
WORDS
    case $kind in
        tcp) needs nc && tcp ;;
        udp) udp ;;
        icmp) needs ping && answers busybox ping -c 2 -W 2 "$target" ;;
        icmp6) needs ping6 && answers busybox ping6 -c 2 -W 2 -I eth0 "$target" ;;
        neighbours6) needs ping6 && neighbours6 ;;
        arp) needs arping && answers busybox arping -f -c 2 -w 2 -I eth0 "$target" ;;
        forged) forged ;;
    esac
}

via=$(busybox ip route show default | busybox sed -n 's/^default via \([0-9.]*\) .*/\1/p')
for words; do
    case $words in *,forged,*) ;; *) probe "$words" & ;; esac
done
wait
trap 'unforge; exit 1' INT TERM HUP
for words; do
    case $words in *,forged,*) probe "$words" ;; esac
done
