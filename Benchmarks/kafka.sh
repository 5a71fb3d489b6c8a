#!/usr/bin/env bash
# Compares the Kafka room with plain C over the same librdkafka: alternating runs against one
# embedded broker, a fresh topic each; medians, bests and their ratios at the end. Other work on the
# machine shows: the best of many rounds is what the code can do.
#
#   Benchmarks/kafka.sh [ROUNDS] [COUNT] [SIZE]
#
# SWIFT_BENCH names the built KafkaSwift binary when it is not the package's own release build.
set -euo pipefail
cd "$(dirname "$0")"
rounds=${1:-5} count=${2:-1000000} size=${3:-200}
work=$(mktemp -d)
cc -O2 -o "$work/kafka_c" KafkaC/kafka_c.c -lrdkafka
swift_bench=${SWIFT_BENCH:-}
if [ -z "$swift_bench" ]; then
  swift build -c release --product KafkaSwift >&2
  swift_bench=$(swift build -c release --show-bin-path)/KafkaSwift
fi

# A broker a pair of runs: it keeps everything in memory.
pair() {
  coproc BROKER { "$swift_bench" broker; }
  local bootstrap answer
  read -r bootstrap <&"${BROKER[0]}"
  echo "$3" >&"${BROKER[1]}"
  read -r answer <&"${BROKER[0]}"
  "$1" produce "$bootstrap" "$3" "$count" "$size" >>"$work/$2.produce"
  "$1" consume "$bootstrap" "$3" "$count" "$size" >>"$work/$2.consume"
  local input=${BROKER[1]} process=$BROKER_PID
  exec {input}>&-
  wait "$process" 2>/dev/null || true
  echo "round $round $2: produce $(tail -1 "$work/$2.produce")/s, consume $(tail -1 "$work/$2.consume")/s"
}

best() { sort -n "$1" | tail -1; }
median() { sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

for round in $(seq "$rounds"); do
  pair "$work/kafka_c" c "bench-c-$round"
  pair "$swift_bench" swift "bench-swift-$round"
done
ratio() { awk "BEGIN { printf \"%.2f\", $2 / $1 }"; }
for kind in produce consume; do
  for of in median best; do
    c=$($of "$work/c.$kind") swift=$($of "$work/swift.$kind")
    echo "$kind, $of: C $c/s, Swift $swift/s, ratio $(ratio "$c" "$swift")"
  done
done
rm -r "$work"
