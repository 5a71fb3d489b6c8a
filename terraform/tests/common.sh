# Sourced by scripts/terraform-check.sh and scripts/terraform-apply-local.sh: where Terraform and its provider are.
# Expects the working directory to be the repository's.

WORK=$PWD/.build/terraform

# Ends with 0, visibly: what cannot be checked here is checked by a job of the pipeline, which fails instead (CI is set
# there). With IF_POSSIBLE it is one check of many, and skipped there too.
skip() {
  if [ -n "${CI:-}" ] && [ -z "${IF_POSSIBLE:-}" ]; then
    echo "FAILED: $1" >&2
    exit 1
  fi
  echo "SKIPPED: $1"
  exit 0
}

# Runs a command with a limit, and shows what it said only when it fails. In the background, so that a signal to the
# script is heard at once; `stop_child` passes it on.
CHILD=
quietly() {
  local limit=$1 said
  shift
  said=$(mktemp "$WORK/said.XXXXXX")
  timeout --kill-after=60 "$limit" "$@" >"$said" 2>&1 &
  CHILD=$!
  if ! wait "$CHILD"; then
    CHILD=
    cat "$said" >&2
    rm -f "$said"
    echo "FAILED (or longer than $limit s): $*" >&2
    return 1
  fi
  CHILD=
  rm -f "$said"
}
stop_child() {
  if [ -n "$CHILD" ] && kill "$CHILD" 2>/dev/null; then wait "$CHILD" 2>/dev/null || true; fi
  rm -f "$WORK"/said.*
}

# A folder in the layout of `terraform init -plugin-dir` that has the AWS provider: the one that TERRAFORM_PLUGIN_DIR
# names, or the first in the usual places. Nothing when Terraform has to fetch it.
plugin_folder() {
  local place found
  if [ -n "${TERRAFORM_PLUGIN_DIR:-}" ]; then
    if [ ! -d "$TERRAFORM_PLUGIN_DIR/registry.terraform.io/hashicorp/aws" ]; then
      echo "TERRAFORM_PLUGIN_DIR has no registry.terraform.io/hashicorp/aws" >&2
      return 1
    fi
    echo "$TERRAFORM_PLUGIN_DIR"
    return
  fi
  for place in "$HOME/.terraform.d" /usr/local/share/terraform /usr/share/terraform /opt; do
    found=$(timeout 20 find "$place" -maxdepth 6 -type d -path '*/registry.terraform.io/hashicorp/aws' -print -quit \
      2>/dev/null || true)
    if [ -n "$found" ]; then
      echo "${found%/registry.terraform.io/hashicorp/aws}"
      return
    fi
  done
}

# Finds Terraform and its provider, and keeps everything they write under .build.
prepare_terraform() {
  command -v terraform >/dev/null || skip "Terraform is not installed; nothing of terraform/ was checked."
  mkdir -p "$WORK"
  # A settings file that is named and not there would be a warning in every answer.
  if [ -n "${TF_CLI_CONFIG_FILE:-}" ] && [ ! -e "$TF_CLI_CONFIG_FILE" ]; then
    : >"$WORK/terraformrc"
    export TF_CLI_CONFIG_FILE=$WORK/terraformrc
  fi
  export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1 TF_CLI_ARGS=-no-color
  local folder
  folder=$(plugin_folder) || exit 1
  INIT=(terraform init)
  if [ -n "$folder" ]; then INIT+=("-plugin-dir=$folder"); fi
}

# A copy of terraform/ to work in: lock files and modules' links stay out of the sources.
copy_sources() {
  local copy=$1
  mkdir -p "$copy"
  # What init has made stays: it is the slowest part.
  find "$copy" -mindepth 1 -maxdepth 1 ! -name .terraform ! -name bootstrap -exec rm -rf {} +
  (cd terraform && tar --exclude=.terraform --exclude='*.tfstate*' --exclude=.terraform.lock.hcl -cf - .) | tar -xf - -C "$copy"
}

# Initialises a folder. Where the provider is neither installed nor to be had, the check is skipped.
initialise() {
  local said folder=$1
  shift
  said=$(cd "$folder" && timeout 300 "${INIT[@]}" "$@" 2>&1) && return
  if grep -qE 'Failed to query available provider packages|could not connect to registry' <<<"$said"; then
    skip "the AWS provider is neither installed (TERRAFORM_PLUGIN_DIR names its folder) nor to be fetched."
  fi
  echo "$said" >&2
  return 1
}

# A virtual environment of its own with one program of PyPI, made once for each version: own_environment NAME PACKAGE
own_environment() {
  local folder=$WORK/$1 package=$2
  if [ "$(cat "$folder/.package" 2>/dev/null)" = "$package" ]; then return; fi
  rm -rf "$folder"
  quietly 120 python3 -m venv "$folder" && quietly 600 "$folder/bin/python" -m pip install --quiet "$package" || {
    rm -rf "$folder"
    return 1
  }
  echo "$package" >"$folder/.package"
}
