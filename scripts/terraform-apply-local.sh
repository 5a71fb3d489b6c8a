#!/usr/bin/env bash
# Applies terraform/ for real, as README.md says it is done for the first time, against a simulator of AWS on this
# machine; asks for a second plan, which must be empty; and destroys everything. The configuration is that of
# production, unchanged: only environment variables and variables of the configuration say that it is a rehearsal.
set -euo pipefail
cd "$(dirname "$0")/.."
. terraform/tests/common.sh
prepare_terraform
own_environment moto "moto[all,server]==5.2.1" || skip "moto could not be installed; nothing was applied."

scratch=$(mktemp -d "$WORK/rehearsal.XXXXXX")
simulator=
finish() {
  stop_child
  if [ -n "$simulator" ] && kill "$simulator" 2>/dev/null; then wait "$simulator" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 143' TERM INT

mkfifo "$scratch/address"
"$WORK/moto/bin/python" terraform/tests/simulator.py >"$scratch/address" 2>"$scratch/log" &
simulator=$!
address=
read -r -t 60 address <"$scratch/address" || true
if [ -z "$address" ]; then
  tail -20 "$scratch/log" >&2
  exit 1
fi

# An address in figures: with a name, S3 would be asked at <bucket>.<name>.
export AWS_ENDPOINT_URL=$address AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_REGION=eu-west-1
export AWS_DEFAULT_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true
unset AWS_CA_BUNDLE AWS_PROFILE AWS_SESSION_TOKEN
fixtures() { timeout 60 "$WORK/moto/bin/python" terraform/tests/fixtures.py "$@"; }

copy=$WORK/apply
copy_sources "$copy"
began=$SECONDS
step() {
  printf '%4s s  %s\n' "$((SECONDS - began))" "$1"
}

step "the bucket of the state (terraform/bootstrap)"
initialise "$copy/bootstrap" -reconfigure
rm -f "$copy"/bootstrap/terraform.tfstate*
quietly 600 terraform "-chdir=$copy/bootstrap" apply -auto-approve -var region=eu-west-1 -var state_bucket=rehearsal-state

zone=$(fixtures zone waybill.example.org)
initialise "$copy" -reconfigure -backend-config=environments/production.s3.tfbackend -backend-config=bucket=rehearsal-state
given=(-var-file=environments/production.tfvars -var "zone_id=$zone" -var state_bucket=rehearsal-state
  -var force_destroy=true -var deletion_protection=false -var secret_recovery_days=0
  -var "image=123456789012.dkr.ecr.eu-west-1.amazonaws.com/waybill-production@sha256:$(printf '0%.0s' {1..64})")
terraform=(terraform "-chdir=$copy")

step "the first apply: everything, and nothing runs"
quietly 900 "${terraform[@]}" apply -auto-approve "${given[@]}" -var started=false
step "secrets are filled, as by hand"
fixtures secrets
step "the second apply: the services start, empty"
quietly 900 "${terraform[@]}" apply -auto-approve "${given[@]}" \
  -var 'first_boot=["administration","tasks","workflow","delivery","gateway","gateway-2","orders"]'
step "the third apply: from now on nothing may start empty"
quietly 900 "${terraform[@]}" apply -auto-approve "${given[@]}"

step "a plan: there must be nothing to do"
if ! quietly 300 "${terraform[@]}" plan -detailed-exitcode "${given[@]}"; then
  echo "The plan after the apply is not empty." >&2
  exit 1
fi
step "what is there"
fixtures count
echo "        $("${terraform[@]}" state list | grep -vcE '(^|\.)data\.') resources in the state, in S3 and locked while in use"

step "the destroy"
quietly 900 "${terraform[@]}" destroy -auto-approve "${given[@]}"
left=$("${terraform[@]}" state list)
if [ -n "$left" ]; then
  echo "$left" >&2
  echo "The destroy has left something in the state." >&2
  exit 1
fi
fixtures nothing
if grep '^UNKNOWN' "$scratch/log" | sort | uniq -c >&2; then
  echo "The simulator was asked for what it does not know: terraform/tests/simulator.py must answer it." >&2
  exit 1
fi
step "done"
