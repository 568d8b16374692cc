# shellcheck shell=bash disable=SC2016
# What the lab needs from Debian. apt is not touched when everything is there.

incusd_path() {
    local p
    for p in /usr/libexec/incus/incusd /usr/lib/incus/incusd "$(command -v incusd || true)"; do
        [ ! -x "$p" ] || { echo "$p"; return; }
    done
}

missing_packages() {
    have() { command -v "$1" >/dev/null; }
    [ -n "$(incusd_path)" ] && have incus || echo incus-base
    have nft || echo nftables
    have iptables || echo iptables
    have ipset || echo ipset
    have curl || echo curl
    have ip || echo iproute2
    have unshare && have setsid && have flock && have findmnt || echo util-linux
    have busybox || echo busybox
    have dropbear && have dropbearkey || echo dropbear-bin
    have ssh && have ssh-keygen || echo openssh-client
    [ -x /usr/lib/openssh/sftp-server ] || echo openssh-sftp-server
    have rsync || echo rsync
    have openssl || echo openssl
    [ -x /usr/bin/python3 ] || echo python3-minimal
    [ "$DEBIAN" = 0 ] || [ -e "$(debian_image).sqfs" ] || {
        have mmdebstrap || echo mmdebstrap
        have mksquashfs || echo squashfs-tools
    }
    [ "$ENGINE_ONLY" = 1 ] || [ -n "${PUERTA_BIN:-}" ] || have cc || printf '%s\n' gcc libc6-dev
    [ "$DEBIAN" = 0 ] || have unsquashfs || echo squashfs-tools
}

# An `up` that is killed must not cut dpkg in two: apt runs without the lab's mark, so no sweep ends it.
apt() {
    env -u PUERTA_LAB -u PUERTA_LAB_RUN DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# Debian 12 has Incus in its backports only; the mirror is the one this machine uses already.
add_backports() {
    local uri
    uri=$(apt-get indextargets --format '$(RELEASE)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' '$1 == "bookworm" && $2 == "main" { print $3; exit }')
    [ -n "$uri" ] || die "no Debian mirror for bookworm in the apt sources: add one, then run \`up\` again"
    printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: %s\n' \
        "$uri" /usr/share/keyrings/debian-archive-keyring.gpg >/etc/apt/sources.list.d/puerta-lab-backports.sources
}

has_candidate() { grep -q 'Candidate: [0-9]' <<<"$(apt-cache policy "$1")"; }

# Only Incus, and what it needs, is taken from the backports: with `-t` everything asked for would be, and
# this machine's own ssh with it.
incus_package() {
    if apt-cache madison incus-base | grep -q ' bookworm-backports/'; then
        echo incus-base/bookworm-backports
    else
        echo incus-base
    fi
}

packages_ready() {
    local wanted begun
    wanted=$(missing_packages | sort -u | tr '\n' ' ')
    [ -n "$wanted" ] || return 0
    begun=$(now)
    command -v apt-get >/dev/null || die "missing here, and there is no apt-get to install it: $wanted"
    say "  installing: $wanted"
    apt update >/dev/null || die "apt-get update failed: see its message above"
    if [[ " $wanted" == *" incus-base "* ]]; then
        if ! has_candidate incus-base; then
            [ "$(. /etc/os-release; echo "${VERSION_CODENAME:-}")" = bookworm ] ||
                die "apt knows no incus-base: the lab wants Debian 12 or 13"
            add_backports
            apt update >/dev/null || die "apt-get update failed: see its message above"
        fi
        wanted=${wanted/incus-base/$(incus_package)}
    fi
    # shellcheck disable=SC2086
    apt install -y --no-install-recommends $wanted >/dev/null ||
        die "apt-get could not install: $wanted"
    printf '  %-22s %5s s\n' packages "$(since "$begun")"
}

namespaces_possible() {
    unshare --net --mount true 2>/dev/null ||
        die "this machine cannot make network and mount namespaces (a container without that right?): use a virtual machine"
}
