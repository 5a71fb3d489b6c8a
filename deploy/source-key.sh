#!/bin/sh
# Leaves a key for a source of the gateway in KEY_FILE, unless a key is there already. Run again, it changes nothing.
#   WAYBILL_DATA   administration's data folder: it holds what tokens are signed with
#   GATEWAY_URL    the gateway
#   SOURCE_NAME, SOURCE_BRAND, KEY_FILE
set -eu
umask 077

if [ -s "$KEY_FILE" ]; then
  echo "There is a key in $KEY_FILE already."
  exit 0
fi

token=$(waybill token --subject "$SOURCE_NAME" --lifetime 60)
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# The token goes in by standard input: an argument could be read by everybody on the machine.
ask() { # path, body
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl --silent --show-error --max-time 30 --config - --output "$answer" --write-out '%{http_code}' \
      --header 'Content-Type: application/json' --data "$2" "$GATEWAY_URL$1"
}

status=$(ask /sources "{\"name\": \"$SOURCE_NAME\", \"brand\": \"$SOURCE_BRAND\", \"kind\": \"key\"}")
if [ "$status" = 409 ]; then
  # The gateway knows the source, and its key is lost: the old one counts no more.
  status=$(ask "/sources/$SOURCE_NAME/rotate" '{"overlapSeconds": 0}')
fi
case $status in
  2??) ;;
  *)
    echo "The gateway at $GATEWAY_URL answered $status; there is no key." >&2
    exit 1
    ;;
esac

key=$(sed -n 's/.*"secret" *: *"\([^"]*\)".*/\1/p' "$answer")
if [ -z "$key" ]; then
  echo "The gateway's answer holds no key." >&2
  exit 1
fi
# Whole or not at all: a reader must not see the half of a key.
printf '%s\n' "$key" >"$KEY_FILE.new"
mv "$KEY_FILE.new" "$KEY_FILE"
echo "A key of the source $SOURCE_NAME is in $KEY_FILE."
