#!/bin/bash
# debian.sh FOLDER: makes FOLDER/rootfs.sqfs and FOLDER/meta.tar.gz, a real Debian 12 with systemd and OpenSSH.
set -euo pipefail
export PATH="/usr/sbin:/sbin:$PATH"
WORK=$1
export TMPDIR=$WORK
ROOT=$WORK/rootfs

# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(RELEASE)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '($1 == "bookworm" || $1 == "trixie") && $2 == "main" { print $3; exit }')

mmdebstrap --mode=root --format=directory --variant=minbase \
    --include=openssh-server,openssh-sftp-server,iproute2,systemd-sysv,dbus,rsync,busybox \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    bookworm "$ROOT" "${mirror:-http://deb.debian.org/debian}"

# Every clone makes its own host keys and its own machine-id; the engine names it.
rm -f "$ROOT"/etc/ssh/ssh_host_* "$ROOT/etc/hostname" "$ROOT/var/lib/dbus/machine-id"
: >"$ROOT/etc/machine-id"
: >"$ROOT/etc/resolv.conf"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$ROOT/etc/hosts"
install -d -m 0700 "$ROOT/root/.ssh"
cat >"$ROOT/etc/systemd/system/ssh-host-keys.service" <<'UNIT'
[Unit]
Description=SSH host keys of this machine, made once
Before=ssh.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
ln -s ../ssh-host-keys.service "$ROOT/etc/systemd/system/multi-user.target.wants/ssh-host-keys.service"

cat >"$WORK/metadata.yaml" <<YAML
architecture: $(uname -m)
creation_date: $(date +%s)
properties:
  os: Debian
  release: bookworm
  description: "debian-12: Debian 12 with systemd and OpenSSH"
  puerta.template: debian-12
YAML
tar -C "$WORK" -czf "$WORK/meta.tar.gz" metadata.yaml
mksquashfs "$ROOT" "$WORK/rootfs.sqfs" -comp zstd -noappend -quiet -no-progress
rm -rf --one-file-system "$ROOT"
