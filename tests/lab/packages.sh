# What `contrib/lab up` would install on a Debian 12 without Incus: $1 is an empty folder, $2 the checkout. Two small
# repositories stand for Debian; nothing is installed and nothing of the computer is changed.
set -eu
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C.UTF-8
own=$1; repo=$2
mount -t tmpfs none "$own"

# package NAME VERSION [DEPENDS]
package() {
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody\nDepends: %s\nFilename: x.deb\nSize: 1\nSHA256: %064d\n\n' "$1" "$2" "${3:-}" 0
}
# release CODENAME [LINE]: packages from standard input
release() {
    local dir=$own/debian/dists/$1 file=main/binary-$(dpkg --print-architecture)/Packages
    mkdir -p "$dir/${file%/*}"
    cat >"$dir/$file"
    (
        cd "$dir"
        printf 'Origin: Debian\nSuite: %s\nCodename: %s\nComponents: main\nArchitectures: all %s\n%bSHA256:\n %s %s %s\n' "$1" "$1" \
            "$(dpkg --print-architecture)" "${2:-}" "$(sha256sum <"$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file" >Release
    )
}
{
    package openssh-client 1:9.2
    package openssh-sftp-server 1:9.2 'openssh-client (= 1:9.2)'
    package openssh-server 1:9.2 'openssh-client (= 1:9.2)'
    package mmdebstrap 1.3
    package liblxc1 5.0
} | release bookworm
{
    package openssh-client 1:10.0
    package openssh-sftp-server 1:10.0 'openssh-client (= 1:10.0)'
    package openssh-server 1:10.0 'openssh-client (= 1:10.0)'
    package mmdebstrap 1.5
    package liblxc1 6.0
    package incus-base 6.0.4 'liblxc1 (>= 6.0)'
} | release bookworm-backports 'NotAutomatic: yes\nButAutomaticUpgrades: yes\n'

mkdir -p "$own"/sources "$own"/preferences "$own"/state/lists/partial "$own"/cache/archives/partial
mount --bind "$own/sources" /etc/apt/sources.list.d
echo 'VERSION_CODENAME=bookworm' >"$own/os-release"
mount --bind "$own/os-release" /etc/os-release
printf 'Types: deb\nURIs: file:%s/debian\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$own" >"$own/sources/debian.sources"
package openssh-client 1:9.2 | sed '1aStatus: install ok installed' >"$own/state/status"
cat >"$own/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$own/preferences";
Dir::State "$own/state";
Dir::State::status "$own/state/status";
Dir::Cache "$own/cache";
Acquire::AllowInsecureRepositories "true";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "true";
APT::Get::Simulate "true";
CONF
export APT_CONFIG=$own/apt.conf
. "$repo/contrib/lab.d/common.sh"
. "$repo/contrib/lab.d/packages.sh"
missing_packages() { printf '%s\n' incus-base openssh-sftp-server mmdebstrap; }
# What `packages_ready` would install.
apt() { env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null | tee "$own/last"; }
for turn in first again; do
    packages_ready >/dev/null
    echo "$turn:" $(sed -n 's/^Inst \([^ ]*\) \(\[[^ ]*\] \)*(\([^ ]*\).*/\1=\3/p' "$own/last" | sort)
done
