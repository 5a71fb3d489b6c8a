#!/usr/bin/env bash
# Starts a stack of its own (a data folder and ports that nobody uses), plays every story, stops it.
#   scripts/demo.sh PROGRAM
set -euo pipefail
program=$1
data=$(mktemp -d)
out=$data/out
export WAYBILL_DATA=$data
read -r WORKFLOW_PORT DELIVERY_PORT ADMINISTRATION_PORT TASKS_PORT GATEWAY_PORT SOURCE_SIMULATOR_PORT \
  TARGET_SIMULATOR_PORT ORDERS_PORT PRODUCT_SIMULATOR_PORT USER_SIMULATOR_PORT < <(
  python3 - <<'PY' 2>/dev/null || echo 18083 18084 18081 18082 18085 18091 18092 18086 18093 18094
import socket
sockets = [socket.socket() for _ in range(10)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])
PY
)
export WORKFLOW_PORT DELIVERY_PORT ADMINISTRATION_PORT TASKS_PORT GATEWAY_PORT SOURCE_SIMULATOR_PORT
export TARGET_SIMULATOR_PORT LOG_LEVEL=${LOG_LEVEL:-warning}
# The minute of the slow box is six seconds here, and what always fails is given up sooner.
export ORDERS_PORT PRODUCT_SIMULATOR_PORT USER_SIMULATOR_PORT
export PRODUCT_SIMULATOR_SLOW_MS=6000 ORDERS_MAX_ATTEMPTS=5 ORDERS_RETRY_MAX_MS=2000

"$program" up >"$out" &
stack=$!
stop() {
  kill "$stack" 2>/dev/null || true
  wait "$stack" 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT
for _ in $(seq 100); do
  grep -q '^ready' "$out" && break
  kill -0 "$stack" 2>/dev/null || { cat "$out"; echo "The stack did not start." >&2; exit 1; }
  sleep 0.1
done
cat "$out"
"$program" demo
