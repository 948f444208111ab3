#!/bin/sh
# Install the Debian packages named as arguments, those that are missing only, with progress shown.
# Uses sudo when not root. Says what to type if neither works.
set -eu
missing=""
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "== Debian packages to install:$missing"
if [ "$(id -u)" -eq 0 ]; then root=""; elif command -v sudo >/dev/null; then root=sudo; else
    echo "Not root, and there is no sudo. As root, type:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
$root apt-get update -q
# shellcheck disable=SC2086  # one word per package is meant
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
