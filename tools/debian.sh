#!/bin/sh
# Install Debian packages, those that are missing only, with progress shown.
#   tools/debian.sh PACKAGE ... [--optional PACKAGE ...]
# Optional ones that the system's archive does not have are named and left out. Uses sudo when not
# root. Says what to type if nothing works.
set -eu

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian (no dpkg-query). Install what corresponds to: $*" >&2
    exit 1
fi

needed="" optional="" is_optional=false
for package in "$@"; do
    if [ "$package" = --optional ]; then is_optional=true
    elif is_installed "$package"; then continue
    elif $is_optional; then optional="$optional $package"
    else needed="$needed $package"; fi
done
[ -n "$needed$optional" ] || exit 0
echo "== Debian packages to install:$needed$optional"

give_up() {
    echo "$1 As root, type:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends$needed$optional" >&2
    exit 1
}

if [ "$(id -u)" -eq 0 ]; then root=""
elif command -v sudo >/dev/null; then root=sudo
else give_up "Not root, and there is no sudo."; fi

# Waits for another apt (a machine just started often updates itself); asks nothing.
apt="env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086  # one word per package and per word of a command is meant
{
    $root $apt update || echo "The package lists could not be renewed: going on with those there." >&2
    for package in $optional; do
        if apt-cache show "$package" >/dev/null 2>&1; then needed="$needed $package"
        else echo "== not in this system's archive, left out: $package"; fi
    done
    optional=""
    [ -n "$needed" ] || exit 0
    $root $apt install -y --no-install-recommends $needed || give_up "That did not work."
}
