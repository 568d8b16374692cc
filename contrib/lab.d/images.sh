# shellcheck shell=bash
# The templates that puerta offers: images of the project `puerta` with the property `puerta.template`.

has_image() { incus_at 1 query "/1.0/images/aliases/$1?project=$PROJECT" >/dev/null 2>&1; }

# Debian 12's dropbear (2022.83) looks at twenty algorithms only, and takes its Ed25519 host key for an RSA one when
# asyncssh or Go offer more or put RSA first: the connection ends. Debian 13's does not.
newer_dropbear() {
    [[ $(dropbear -V 2>&1) == *v20[01]* || $(dropbear -V 2>&1) == *v202[0-3]* ]] || return 0
    [ -e "$CACHE/dropbear" ] || "$HERE/lab.d/fetch.sh" "$CACHE/dropbear" trixie \
        dropbear-bin libtomcrypt1 libtommath1 libcrypt1 zlib1g libc6 ||
        die "could not fetch the dropbear of Debian 13 (trixie), which the template mini wants"
    echo "$CACHE/dropbear"
}

image_mini() {
    local newer
    ! has_image mini || return 0
    rm -rf "$DIR/build"
    mkdir "$DIR/build"
    newer=$(newer_dropbear) || exit 1
    "$HERE/lab.d/mini.sh" "$DIR/build" "$newer"
    incus_at 1 --project "$PROJECT" image import "$DIR/build/mini.tar.gz" --alias mini >/dev/null
    rm -rf "$DIR/build"
}

debian_image() { echo "$CACHE/debian-12-$(dpkg --print-architecture)"; }

# A minute's work, so it is kept outside DIR and shared by every lab of this machine.
image_debian() {
    local work image
    ! has_image debian-12 || return 0
    image=$(debian_image)
    if [ ! -e "$image.sqfs" ]; then
        mkdir -p "$CACHE"
        rm -rf "$CACHE/new.$TAG".*
        work=$(mktemp -d "$CACHE/new.$TAG.XXXXXX")
        # its own mount namespace, so that a kill leaves no mount of mmdebstrap's behind
        unshare --mount --propagation slave "$HERE/lab.d/debian.sh" "$work" >"$DIR/log/debian-12.log" 2>&1 ||
            die "debian-12 could not be made: see $DIR/log/debian-12.log"
        mv "$work/meta.tar.gz" "$image.tar.gz"
        mv "$work/rootfs.sqfs" "$image.sqfs"    # last: its presence says the pair is whole
        rm -rf "$work"
    fi
    incus_at 1 --project "$PROJECT" image import "$image.tar.gz" "$image.sqfs" --alias debian-12 >/dev/null
}
