#!/usr/bin/env bash
# Checks terraform/ without an account and without AWS: format, validity, tests with a mock of the provider, the names
# that it shares with the sources, and a scan for what is insecure. `make terraform-apply-local` applies it.
# --if-possible: where Terraform or the provider is not to be had, say so and end with 0, in the pipeline too.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --if-possible ]; then IF_POSSIBLE=1; fi
. terraform/tests/common.sh
trap stop_child EXIT
trap 'exit 143' TERM INT
prepare_terraform

if ! unformatted=$(terraform fmt -check -recursive terraform); then
  echo "Not formatted (terraform fmt -recursive terraform):" "$unformatted" >&2
  exit 1
fi

copy=$WORK/check
copy_sources "$copy"
for folder in "$copy" "$copy/bootstrap"; do
  initialise "$folder" -backend=false
  quietly 120 terraform "-chdir=$folder" validate
done

python3 terraform/tests/check_sources.py

# Production is read closely; staging, which is the same but for numbers, has to be possible.
quietly 600 terraform "-chdir=$copy" test -var-file=environments/production.tfvars \
  -filter=tests/suite.tftest.hcl -filter=tests/refusals.tftest.hcl
quietly 600 terraform "-chdir=$copy" test -var-file=environments/staging.tfvars -filter=tests/possible.tftest.hcl

own_environment checkov "checkov==3.3.30" || skip "checkov could not be installed; the rest of terraform/ is as it should be."
report=$WORK/checkov.json
timeout 300 "$WORK/checkov/bin/checkov" --directory terraform --framework terraform --skip-download --compact \
  --output json >"$report" || true
python3 terraform/tests/check_scan.py "$report"
