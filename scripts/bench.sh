#!/usr/bin/env bash
# Measures the libraries and the whole stack, beside peers where there are any, and prints Markdown.
#   scripts/bench.sh [kafka|group-commit|outbox|subscription|jobs|stack|tasks|gateway|orders ...]    everything when none is named
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh wrk gcc libc6-dev python3 python3-venv
swift build -c release --product WaybillBench >&2
swift build -c release --product KafkaSwift >&2
swift build -c release --product waybill >&2
bin=$(swift build -c release --show-bin-path)
peers=.build/peers
mkdir -p "$peers"
cc -O2 -o "$peers/sqlite_c" Benchmarks/StorageC/sqlite_c.c -lsqlite3

echo "Measured on $(date -u +%Y-%m-%d), $(nproc) cores: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)," \
  "$(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), load $(cut -d' ' -f1 /proc/loadavg) at the start;" \
  "librdkafka $(pkg-config --modversion rdkafka), SQLite $(pkg-config --modversion sqlite3)."

wanted=${*:-kafka group-commit outbox subscription jobs stack tasks gateway orders}
for part in $wanted; do
  case $part in
    kafka) echo; SWIFT_BENCH=$bin/KafkaSwift Benchmarks/kafka.sh "${KAFKA_ROUNDS:-5}" ;;
    group-commit) "$bin/WaybillBench" group-commit --peer "$peers/sqlite_c" ;;
    stack | tasks | orders) "$bin/WaybillBench" "$part" --program "$bin/waybill" ;;
    gateway)
      python=$PWD/$peers/venv/bin/python
      [ -x "$python" ] || python3 -m venv "$peers/venv" >&2
      "$python" -m pip install --quiet fastapi uvicorn uvloop httptools aiokafka >&2
      "$bin/WaybillBench" gateway --program "$bin/waybill" --python "$python"
      ;;
    *) "$bin/WaybillBench" "$part" ;;
  esac
done
