#!/usr/bin/env bash
# Passes the tests, a group after the other: each test of the wire has a broker of its own, and all of them at
# once would leave two cores with nothing but brokers. What failed is repeated at the end, in short; a group whose
# process ended without a word (a crash) is told with the tests that were running then.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
failures=$(mktemp)
trap 'rm -f "$log" "$failures"' EXIT

# The tests that a log shows started and not ended.
unfinished() {
  awk '
    /^◇ Test (run|case)/ { next }
    /^◇ Test .* started\.$/ { name = $0; sub(/^◇ Test /, "", name); sub(/ started\.$/, "", name); open[name] = 1 }
    /^(✔|✘|➜) Test / {
      name = $0; sub(/^[^ ]+ Test /, "", name)
      for (test in open) if (index(name, test " ") == 1) delete open[test]
    }
    END { for (test in open) print "  was running: " test }' "$1" | head -12
}

run() {
  local name=$1 status
  shift
  echo "── $name"
  swift test --skip-build "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  if [ "$status" -ne 0 ]; then
    {
      echo "── $name: the tests ended with $status"
      grep -aoE '✘.*|.*(Fatal error|Precondition failed|Program crashed).*|error: .*|Test run with .*' "$log" |
        cut -c1-300 | head -15
      grep -aq 'Test run with' "$log" || unfinished "$log"
    } >>"$failures"
  fi
}

wire='^(KafkaTests|MessagingTests)\.'
services='^(WorkflowTests|DeliveryTests|GatewayTests|OrdersTests)\.'
users='^(AdministrationTests|TasksTests)\.'
journeys='^Journeys\.'
run "the wire" --filter "$wire"
run "services" --filter "$services"
run "users and their tasks" --filter "$users"
run "everything else" --skip "$wire" --skip "$services" --skip "$users" --skip "$journeys"
echo "── the restore drill"
if [ -n "${LITESTREAM:-}" ] || command -v litestream >/dev/null; then
  scripts/restore-drill.sh .build/debug/waybill 2>&1 | tee "$log"
  [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "── the restore drill" && grep -a BROKEN "$log" || tail -3 "$log"; } >>"$failures"
else
  echo "Skipped: LITESTREAM names no program, and none is in PATH. \`make restore-drill\` fetches one."
fi
run "journeys through real processes" --filter "$journeys"
if [ -s "$failures" ]; then
  echo "── what failed"
  cat "$failures"
  exit 1
fi
