#!/bin/bash
# fetch.sh FOLDER SUITE PACKAGE...: unpacks these of another suite of Debian into FOLDER, beside what is installed.
# The mirror is the one that this machine uses; its signatures are checked, and its own lists stay as they are.
set -euo pipefail
FOLDER=$1 SUITE=$2
shift 2
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(RELEASE)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '($1 == "bookworm" || $1 == "trixie") && $2 == "main" { print $3; exit }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/debs"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $SUITE main" \
    >"$work/sources.list"
other() {
    apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o Acquire::Languages=none \
        -o APT::Sandbox::User=root "$@"
}
other update
(cd "$work/debs" && other download "$@" >/dev/null)
mkdir -p "$FOLDER.new"
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$FOLDER.new"; done
rm -rf "$FOLDER"
mv "$FOLDER.new" "$FOLDER"
