#!/usr/bin/env bash
# Passes the tests, a group after the other: each test of the wire has a broker of its own, and all of them at
# once would leave two cores with nothing but brokers. What failed is repeated at the end.
set -uo pipefail
cd "$(dirname "$0")/.."
failures=$(mktemp)
trap 'rm -f "$failures"' EXIT
failed=0
run() {
  echo "── $1"
  echo "── $1" >>"$failures"
  shift
  swift test --skip-build "$@" 2>&1 | tee >(grep -aE '✘|^(error|Fatal error):|Fatal error:' >>"$failures") || failed=1
}
wire='^(KafkaTests|MessagingTests)\.'
services='^(WorkflowTests|DeliveryTests|GatewayTests)\.'
users='^(AdministrationTests|TasksTests)\.'
journeys='^Journeys\.'
run "the wire" --filter "$wire"
run "services" --filter "$services"
run "users and their tasks" --filter "$users"
run "everything else" --skip "$wire" --skip "$services" --skip "$users" --skip "$journeys"
run "journeys through real processes" --filter "$journeys"
if [ $failed -ne 0 ]; then
  echo "── what failed"
  cat "$failures"
fi
exit $failed
