#!/usr/bin/env bash
# Runs one service with its store copied to S3, and lets no second one of it run anywhere:
#
#   replicated serve orders
#
# 1. Takes the service's lease in the bucket, with a new epoch, and waits for a foreign one to end.
# 2. Restores the store from the newest earlier epoch that has a replica, unless the store is here already.
# 3. Runs `litestream replicate` to a path of the new epoch, and `waybill serve` under it once a copy is complete.
# 4. Renews the lease; when that cannot be done in time, it ends both at once, before anybody else may begin.
#
# REPLICA_BUCKET            the bucket
# REPLICA_PREFIX            where in it, without a slash at either end; default: waybill
# REPLICA_LEASE_SECONDS     how long nobody else may take over after the last renewal; default: 15, at least 6
# REPLICA_KEEP_SECONDS      how long the replicas of earlier epochs are kept once the new one is complete; default: 86400
# REPLICA_METRICS           where Litestream serves its metrics; default: 127.0.0.1:9090
# REPLICA_CONFIGURATION     default: /etc/litestream.yml
# WAYBILL_DATA, WAYBILL_FIRST_BOOT (default here: 0, a service refuses to start without a store)
# AWS_REGION, and credentials as in a container of ECS (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI) or as
# AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; AWS_ENDPOINT_URL for another S3 than Amazon's
# WAYBILL, LITESTREAM       the programs; default: those in PATH
set -uo pipefail
# Nothing that is traced may show a key.
set +x
umask 077

say() { printf 'replicated: %s\n' "$*" >&2; }
fail() { # status, sentence
  say "$2"
  exit "$1"
}
# Of /proc/uptime, because nobody sets it, and because it goes on while a machine is asleep: milliseconds.
uptime_ms() {
  local text
  read -r text _ </proc/uptime
  text=${text/./}
  printf '%d' "$((10#$text * 10))"
}

has_copy() { # in the epoch of the Litestream that runs
  curl --silent --max-time 2 "http://$REPLICA_METRICS/metrics" | grep -q '^litestream_replica_wal_offset{.*} [1-9]'
}

# The service answers nobody before what it starts with is in its own epoch: a crash right after the start would
# otherwise lose what it had answered, because the next one would go back to the epoch before.
if [ "${1:-}" = --when-complete ]; then
  if [ -s "$REPLICA_STORE" ]; then
    until has_copy; do sleep 0.1; done
  fi
  "$REPLICA_PROGRAM" serve "$REPLICA_SERVICE" &
  service=$!
  trap 'kill -TERM "$service"' TERM INT
  while kill -0 "$service" 2>/dev/null; do wait "$service"; done
  wait "$service"
  # Litestream ends with 1, whatever this ends with.
  printf '%s\n' "$?" >"$REPLICA_ENDED"
  exit
fi

if [ "$#" -ne 2 ] || [ "$1" != serve ]; then fail 64 "usage: replicated serve SERVICE"; fi
service=$2
[[ $service =~ ^[a-z][a-z-]*$ ]] || fail 64 "$service is not the name of a service."
bucket=${REPLICA_BUCKET:-}
[ -n "$bucket" ] || fail 78 "The setting REPLICA_BUCKET must be the name of the bucket that holds the replicas."
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
[ -n "$region" ] || fail 78 "The setting AWS_REGION must be the region of the bucket."
prefix=${REPLICA_PREFIX:-waybill}
[[ $prefix =~ ^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$ ]] ||
  fail 78 "The setting REPLICA_PREFIX must be letters, digits, _, . and -, with slashes only in between."
lease_ms=${REPLICA_LEASE_SECONDS:-15}
[[ $lease_ms =~ ^[0-9]{1,4}$ ]] && [ "$lease_ms" -ge 6 ] ||
  fail 78 "The setting REPLICA_LEASE_SECONDS must be a whole number of seconds, 6 at least."
lease_ms=$((lease_ms * 1000))
keep=${REPLICA_KEEP_SECONDS:-86400}
[[ $keep =~ ^[0-9]{1,8}$ ]] || fail 78 "The setting REPLICA_KEEP_SECONDS must be a whole number of seconds."
data=${WAYBILL_DATA:-./data}
waybill=${WAYBILL:-waybill}
litestream=${LITESTREAM:-litestream}
configuration=${REPLICA_CONFIGURATION:-/etc/litestream.yml}
command -v "$waybill" >/dev/null || fail 127 "There is no program $waybill; the setting WAYBILL names it."
command -v "$litestream" >/dev/null || fail 127 "There is no program $litestream; the setting LITESTREAM names it."
[ -r "$configuration" ] || fail 78 "The setting REPLICA_CONFIGURATION must name Litestream's configuration: $configuration cannot be read."
export WAYBILL_FIRST_BOOT=${WAYBILL_FIRST_BOOT:-0}

mkdir -p "$data" && data=$(cd "$data" && pwd) && [ -w "$data" ] ||
  fail 78 "The setting WAYBILL_DATA must be a folder that can be written to."
store=$data/$service.sqlite
# Whose epoch the store here is of.
epoch_file=$data/$service.epoch
base=$prefix/$service
scratch=$(mktemp -d) || fail 74 "There is no room for temporary files."
# Where the service reads until when it may publish: the end of the lease, as it is known here.
lease_file=$scratch/until
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM INT

if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  root=${AWS_ENDPOINT_URL%/}/$bucket
  path_style=true
else
  root=https://$bucket.s3.$region.amazonaws.com
  path_style=false
fi
export AWS_REGION=$region REPLICA_BUCKET=$bucket REPLICA_STORE=$store REPLICA_PATH_STYLE=$path_style
export REPLICA_ENDPOINT=${AWS_ENDPOINT_URL:-} REPLICA_METRICS=${REPLICA_METRICS:-127.0.0.1:9090}

# ── S3, signed by curl; keys reach it on standard input, where nobody else reads them

field() { # a name, from the JSON on standard input
  tr -d '\n' | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"
}
credentials() { # as lines of a configuration of curl
  local id=${AWS_ACCESS_KEY_ID:-} secret=${AWS_SECRET_ACCESS_KEY:-} token=${AWS_SESSION_TOKEN:-} url='' answer
  if [ -z "$id" ]; then
    if [ -n "${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}" ]; then
      url=http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
    else
      url=${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}
    fi
    [ -n "$url" ] || return 1
    local authorization=${AWS_CONTAINER_AUTHORIZATION_TOKEN:-}
    if [ -n "${AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE:-}" ]; then
      authorization=$(cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") || return 1
    fi
    answer=$(
      {
        printf 'url = "%s"\n' "$url"
        [ -z "$authorization" ] || printf 'header = "Authorization: %s"\n' "$authorization"
      } | curl --silent --fail --max-time 2 --config -
    ) || return 1
    id=$(field AccessKeyId <<<"$answer")
    secret=$(field SecretAccessKey <<<"$answer")
    token=$(field Token <<<"$answer")
  fi
  [ -n "$id" ] && [ -n "$secret" ] || return 1
  printf 'user = "%s:%s"\n' "$id" "$secret"
  [ -z "$token" ] || printf 'header = "x-amz-security-token: %s"\n' "$token"
}
# Asks for METHOD KEY-OR-QUERY, with further arguments for curl. Sets `status` (000 without an answer), and leaves the
# answer in $scratch/body and $scratch/head.
s3() {
  local method=$1 where=$2 hash=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 key
  shift 2
  status=000
  key=$(credentials) || {
    say "There are no AWS credentials to be had."
    return 0
  }
  local body=()
  if [ "$method" = PUT ]; then
    hash=$(sha256sum "$scratch/put")
    hash=${hash%% *}
    body=(--data-binary "@$scratch/put")
  fi
  status=$(curl --silent --max-time 2 --request "$method" --aws-sigv4 "aws:amz:$region:s3" --config - \
    --header "x-amz-content-sha256: $hash" --header 'Content-Type: text/plain' "${body[@]}" "$@" \
    --output "$scratch/body" --dump-header "$scratch/head" --write-out '%{http_code}' "$root/$where" <<<"$key") ||
    status=000
}
etag() {
  tr -d '\r' <"$scratch/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: *//p'
}

# ── The lease: one object, changed only by who knows its last state

epoch=0
tag=
renewals=0
holder=$(cat /proc/sys/kernel/random/uuid)
word() { # a name, of the lease that was read
  sed -n "s/^$1=//p" "$scratch/body"
}
# Writes the lease as ours, or as nobody's. Returns 0 when S3 has it, 1 when somebody else changed it, 2 when that is
# not known.
put_lease() { # held or released, the condition
  renewals=$((renewals + 1))
  printf 'epoch=%s\nstate=%s\nholder=%s\nrenewal=%s\n' "$epoch" "$1" "$holder" "$renewals" >"$scratch/put"
  s3 PUT "$base/lease" --header "$2"
  case $status in
    200) tag=$(etag) ;;
    409 | 412) return 1 ;;
    *) return 2 ;;
  esac
}
# For us it ends a third earlier than for others: that is the time there is to end the work.
set_until() { # milliseconds of uptime
  printf '%s\n' "$1" >"$lease_file.new" && mv "$lease_file.new" "$lease_file"
}
extend_lease() { # since when the renewal was on its way
  set_until "$(($1 + lease_ms * 2 / 3))"
}
take_lease() {
  local seen='' since=0 now begun=0 previous
  while true; do
    s3 GET "$base/lease"
    now=$(uptime_ms)
    case $status in
      404)
        epoch=1
        begun=$now
        put_lease held 'If-None-Match: *' && break
        ;;
      200)
        tag=$(etag)
        previous=$(word epoch)
        # Written by a request of ours whose answer got lost.
        if [ "$(word holder)" = "$holder" ]; then
          epoch=$previous
          break
        fi
        [[ $previous =~ ^[0-9]+$ ]] || fail 65 "The lease of $service in the bucket is not one: s3://$bucket/$base/lease."
        if [ "$tag" != "$seen" ]; then
          [ -n "$seen" ] || [ "$(word state)" = released ] ||
            say "Epoch $previous of $service is held by another; waiting until it ends."
          seen=$tag
          since=$now
        fi
        # Not its clock against ours: that it has not changed for as long as a lease lasts.
        if [ "$(word state)" = released ] || [ $((now - since)) -gt "$lease_ms" ]; then
          epoch=$((previous + 1))
          begun=$(uptime_ms)
          put_lease held "If-Match: $tag" && break
          seen=
        fi
        ;;
      000 | 5??) say "S3 does not answer at $root ($status); trying again." ;;
      *) fail 69 "S3 answers $status to a GET of $base/lease in $bucket: $(sed -n 's/.*<Code>\([^<]*\).*/\1/p' "$scratch/body")." ;;
    esac
    sleep 0.5
  done
  extend_lease "$begun"
  say "Epoch $epoch of $service is ours."
}
# Whatever comes back too late has not renewed anything.
renew_lease() {
  local begun
  begun=$(uptime_ms)
  put_lease held "If-Match: $tag"
  case $? in
    0) extend_lease "$begun" ;;
    1)
      # Perhaps changed by a renewal of ours whose answer got lost.
      s3 GET "$base/lease"
      if [ "$status" = 200 ] && [ "$(word holder)" = "$holder" ] && [ "$(word epoch)" = "$epoch" ]; then
        tag=$(etag)
      elif [ "$status" = 200 ]; then
        say "Epoch $(word epoch) of $service has begun elsewhere."
        set_until 0
      fi
      ;;
    2) say "The lease could not be renewed (S3 answers $status); trying again." ;;
  esac
}

# ── The work, in a process group of its own so that all of it can be ended

work() {
  local earlier=$((epoch - 1)) started
  if [ -s "$store" ] && [ "$earlier" -gt 0 ] && [ "$(cat "$epoch_file" 2>/dev/null)" != "$earlier" ]; then
    say "Somebody else has gone on since $store was written: it is set aside as $store.before-$epoch."
    rm -rf "$data/.$service.sqlite-litestream"
    local part
    for part in '' -wal -shm; do
      [ ! -e "$store$part" ] || mv "$store$part" "$store.before-$epoch$part" || fail 74 "$store cannot be set aside."
    done
  fi
  printf '%s\n' "$epoch" >"$epoch_file.new" && mv "$epoch_file.new" "$epoch_file" || fail 74 "$epoch_file cannot be written."
  if [ ! -s "$store" ]; then
    started=$(uptime_ms)
    while [ "$earlier" -gt 0 ] && [ ! -s "$store" ]; do
      REPLICA_PATH=$base/epochs/$earlier "$litestream" restore -config "$configuration" \
        -if-db-not-exists -if-replica-exists "$store" >&2 ||
        fail 74 "The store of $service could not be restored from epoch $earlier."
      rm -f "$store".tmp-*
      [ ! -s "$store" ] || say "Restored $service from epoch $earlier in $(($(uptime_ms) - started)) ms."
      earlier=$((earlier - 1))
    done
  fi
  if [ ! -s "$store" ] && [ "$WAYBILL_FIRST_BOOT" != 1 ]; then
    fail 78 "There is no replica of $service in s3://$bucket/$base, and no $store. The setting WAYBILL_FIRST_BOOT must be 1 for the very first start of a service; otherwise correct REPLICA_BUCKET and REPLICA_PREFIX, or restore the store by hand."
  fi
  export OUTBOX_REPLICA_METRICS_URL=${OUTBOX_REPLICA_METRICS_URL:-http://$REPLICA_METRICS/metrics}
  export WAYBILL_LEASE=$lease_file STORE_CHECKPOINTS=external REPLICA_PATH=$base/epochs/$epoch
  export REPLICA_PROGRAM=$waybill REPLICA_SERVICE=$service REPLICA_ENDED=$scratch/ended
  # Litestream passes the words on as they are, so the start that has to wait is this file again.
  exec "$litestream" replicate -config "$configuration" -exec "$0 --when-complete"
}

# Ends the work when the lease is over, whatever the renewals are waiting for.
watch_lease() { # the process group
  local until_ms
  while kill -0 "$1" 2>/dev/null; do
    read -r until_ms <"$lease_file" || until_ms=0
    if [ "$(uptime_ms)" -ge "$until_ms" ]; then
      kill -KILL -- "-$1"
      say "The lease of epoch $epoch is over: $service was ended at once."
      return
    fi
    sleep 0.2
  done
}
# Deletes the replicas of earlier epochs, once there is a complete one of ours. What fails is tried again later.
forget_earlier() { # the file that says that it is done
  scratch=$(mktemp -d) || return
  trap 'rm -rf "$scratch"' EXIT
  local earlier key keys
  until has_copy; do sleep 1; done
  for ((earlier = 1; earlier < epoch; earlier++)); do
    while true; do
      s3 GET "?list-type=2&max-keys=1000&prefix=${base//\//%2F}%2Fepochs%2F$earlier%2F"
      [ "$status" = 200 ] || return
      keys=$(grep -o '<Key>[^<]*' "$scratch/body" | sed 's/^<Key>//')
      [ -n "$keys" ] || break
      while read -r key; do
        s3 DELETE "$key"
        [ "$status" = 204 ] || return
      done <<<"$keys"
      say "Deleted $(wc -l <<<"$keys") objects of epoch $earlier of $service."
    done
  done
  : >"$1"
}

take_lease
set -m
work &
child=$!
set +m
watch_lease "$child" &
watch=$!
stop() {
  say "Stopping $service."
  kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT
renew_at=0
forget_at=$(($(uptime_ms) + keep * 1000))
forgetting=
while kill -0 "$child" 2>/dev/null; do
  now=$(uptime_ms)
  if [ "$now" -ge "$renew_at" ]; then
    renew_lease
    renew_at=$((now + lease_ms / 5))
  fi
  if [ "$now" -ge "$forget_at" ] && [ ! -e "$scratch/forgotten" ]; then
    forget_at=$((now + 60000))
    kill -0 "${forgetting:-none}" 2>/dev/null || {
      forget_earlier "$scratch/forgotten" &
      forgetting=$!
    }
  fi
  sleep 0.2
done
wait "$child"
ended=$?
[ ! -s "$scratch/ended" ] || read -r ended <"$scratch/ended"
# The service must not outlive its Litestream.
kill -KILL -- "-$child" 2>/dev/null
wait "$watch"
[ -z "$forgetting" ] || kill "$forgetting" 2>/dev/null
# Whoever was killed may have left something that is only here: the next one, if elsewhere, waits as long as it can.
if [ "$ended" -lt 128 ]; then
  put_lease released "If-Match: $tag"
fi
exit "$ended"
