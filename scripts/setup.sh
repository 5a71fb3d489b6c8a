#!/usr/bin/env bash
# Installs the Debian packages that are missing; says nothing when none is.
# Arguments name further packages that the caller needs: scripts/setup.sh wrk
set -euo pipefail

missing=()
for package in librdkafka-dev libsqlite3-dev pkg-config make "$@"; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]}. This is not Debian: install them (librdkafka 2.0.2 or newer) and run again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
