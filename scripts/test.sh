#!/usr/bin/env bash
# Passes the tests, a group after the other: each test of the wire has a broker of its own, and all of them at
# once would leave two cores with nothing but brokers.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
run() {
  echo "── $1"
  shift
  swift test --skip-build "$@" || failed=1
}
wire='^(KafkaTests|MessagingTests)\.'
services='^(WorkflowTests|DeliveryTests)\.'
users='^(AdministrationTests|TasksTests)\.'
journeys='^Journeys\.'
run "the wire" --filter "$wire"
run "services" --filter "$services"
run "users and their tasks" --filter "$users"
run "everything else" --skip "$wire" --skip "$services" --skip "$users" --skip "$journeys"
run "journeys through real processes" --filter "$journeys"
exit $failed
