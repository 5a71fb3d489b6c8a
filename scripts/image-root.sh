#!/usr/bin/env bash
# What can be known of the image without a container engine: does the last stage of the Dockerfile, instruction by
# instruction, in a clean Debian made with debootstrap, and runs the program there as the image would: as uid 10001,
# with a read-only root, no network but loopback, and the Dockerfile's own health check.
#   scripts/image-root.sh PROGRAM        a release build with --static-swift-stdlib
# Needs root (chroot, mounts) and Debian's archive. LITESTREAM names a litestream binary to copy in; without one it is
# left out, and said so.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
  echo "SKIPPED: a clean root needs the rights to chroot and mount. Run it as root." >&2
  exit 0
fi
program=$(realpath "$1")
scripts/setup.sh debootstrap python3 iproute2 curl >&2
work=$(mktemp -d)
# --one-file-system: should a mount have outlived its namespace, what is mounted stays.
trap 'rm -rf --one-file-system "$work"' EXIT
release=$(sed -n 's/^ARG DEBIAN_IMAGE=debian:\([a-z]*\).*/\1/p' Dockerfile | head -1)

echo "── a clean Debian $release"
debootstrap --variant=minbase "$release" "$work/root" >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }
bare=$(du -sm "$work/root" | cut -f1)

echo "── the last stage of the Dockerfile"
unshare --mount --pid --fork --kill-child python3 scripts/image-root.py build "$work/root" "$program"

echo "── sizes"
find "$work/root/var/cache/apt" -type f -delete
megabytes() { du -sm --apparent-size "$@" | tail -1 | cut -f1; }
echo "Debian $release, minbase: $bare MB; with the packages and the program: $(du -sm "$work/root" | cut -f1) MB"
echo "the program: $(megabytes "$work/root/usr/local/bin/waybill") MB, before stripping $(megabytes "$program") MB"

echo "── it runs there"
mkdir "$work/data"
chown 10001:10001 "$work/data"
unshare --mount --net --pid --fork --kill-child python3 scripts/image-root.py run "$work/root" "$work/data"
