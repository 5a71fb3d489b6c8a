#!/usr/bin/env bash
# What a plan would change, as one number: two plans with the same number change the same things to the same values.
#   deploy/plan-fingerprint.sh PLAN        in the folder of the configuration
set -euo pipefail
terraform show -json "$1" |
  jq --compact-output --sort-keys '[
    .resource_changes[]? | select(.change.actions != ["no-op"] and .change.actions != ["read"])
    | {address, actions: .change.actions, after: .change.after}
  ] | sort_by(.address)' |
  sha256sum | cut --delimiter=' ' --fields=1
