#!/bin/bash
# mini.sh FOLDER [NEWER]: makes FOLDER/mini.tar.gz, an Incus image of a few megabytes out of programs of
# this machine's Debian packages: busybox, dropbear, sftp-server, rsync. NEWER holds a dropbear of a later
# Debian, with the libraries that it wants.
set -euo pipefail
export PATH="/usr/sbin:/sbin:$PATH"
ROOT=$1/image/rootfs

# with_libraries PROGRAM PLACE
with_libraries() {
    install -D -m 0755 "$1" "$ROOT$2"
    ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | sort -u | (cd "$ROOT" && xargs -r cp -Lu --parents -t . ) || true
}

mkdir -p "$ROOT"/{usr/bin,usr/sbin,usr/lib,usr/lib64,dev,proc,sys,run,tmp,mnt,root/.ssh,etc/dropbear,var/log,var/tmp,www}
for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$ROOT/$dir"; done
chmod 1777 "$ROOT/tmp" "$ROOT/var/tmp"
chmod 0700 "$ROOT/root" "$ROOT/root/.ssh"

with_libraries "$(readlink -f "$(command -v busybox)")" /usr/bin/busybox
with_libraries "$(command -v dropbear)" /usr/sbin/dropbear
with_libraries "$(command -v dropbearkey)" /usr/bin/dropbearkey
with_libraries /usr/lib/openssh/sftp-server /usr/lib/sftp-server
with_libraries "$(command -v rsync)" /usr/bin/rsync
if [ -n "${2:-}" ]; then
    cp "$2/usr/sbin/dropbear" "$ROOT/usr/sbin/"
    cp "$2/usr/bin/dropbearkey" "$ROOT/usr/bin/"
    # A libc and its loader belong together; what was made for an older one runs on them as well.
    (cd "$ROOT" && find usr/lib usr/lib64 -name '*.so*') | while read -r library; do
        [ ! -e "$2/$library" ] || cp -L "$2/$library" "$ROOT/$library"
    done
    chroot "$ROOT" /usr/sbin/dropbear -V >/dev/null 2>&1
fi
chroot "$ROOT" /usr/bin/busybox --install -s
mkdir -p "$ROOT/usr/lib/openssh"
ln -s ../sftp-server "$ROOT/usr/lib/openssh/sftp-server"

rm -f "$ROOT/sbin/init"
cat >"$ROOT/sbin/init" <<'INIT'
#!/bin/sh
# The first process of a mini machine. busybox' own init sleeps for three seconds before it ends; this one does not.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

leave() {
    trap '' TERM PWR USR1 USR2
    kill -TERM -1
    usleep 200000
    sync
}
# PWR is the engine's stop; busybox' own halt, poweroff and reboot send the other three.
trap 'leave; exit 0' PWR USR1 USR2
trap 'leave; reboot -f' TERM

# A machine that brings no name of its own is called what the engine calls it.
if [ -s /etc/hostname ]; then hostname -F /etc/hostname; else hostname >/etc/hostname; fi
name=$(hostname)
grep -qw "$name" /etc/hosts || echo "127.0.1.1 $name" >>/etc/hosts
ip link set lo up

# Host keys belong to the machine, not to the template: made once, they stay through stop, backup and restore.
[ -s /etc/dropbear/dropbear_ed25519_host_key ] ||
    dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key >/dev/null 2>&1
[ -e /www/index.html ] ||
    printf '<!DOCTYPE html>\n<title>%s</title>\n<h1>%s</h1>\n' "$name" "$name" >/www/index.html

forever() { while :; do "$@"; sleep 1; done; }
forever dropbear -F -E -s -r /etc/dropbear/dropbear_ed25519_host_key 2>>/var/log/dropbear.log &
forever httpd -f -vv -p 80 -h /www 2>>/var/log/httpd.log &

# `wait` also buries the orphans that the machine leaves to its first process.
while :; do sleep 86400 & wait $!; done
INIT
chmod 0755 "$ROOT/sbin/init"

echo 'root:*:0:0:root:/root:/bin/sh' >"$ROOT/etc/passwd"
echo 'nobody:*:65534:65534:nobody:/:/bin/false' >>"$ROOT/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$ROOT/etc/group"
printf '/bin/sh\n/bin/ash\n' >"$ROOT/etc/shells"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$ROOT/etc/hosts"
: >"$ROOT/etc/resolv.conf"
cat >"$ROOT/etc/profile" <<'PROFILE'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PS1='\u@\h:\w# '
PROFILE

cat >"$1/image/metadata.yaml" <<YAML
architecture: $(uname -m)
creation_date: $(date +%s)
properties:
  os: busybox
  release: "$(busybox | sed -n '1s/BusyBox v\([0-9.]*\).*/\1/p')"
  description: "mini: busybox, dropbear, httpd"
  puerta.template: mini
YAML
tar -C "$1/image" --numeric-owner -cf - metadata.yaml rootfs | gzip -1 >"$1/mini.tar.gz"
