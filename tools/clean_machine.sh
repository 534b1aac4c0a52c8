#!/usr/bin/env bash
# The acceptance test of the README: a bare Debian in a folder (debootstrap), a clean clone of this
# repository inside, `make quickstart` and `make test`. By hand, as root; takes some minutes and about
# 3 GB. ECTO_DEPS_DIR, if set, is copied inside, so that the Ecto suites run there as well. Debian 12,
# or another with its Elixir, compilers and SQLite: DEBIAN_SUITE=trixie and a folder of its own.
#
# Usage: tools/clean_machine.sh [FOLDER] [TARGET...]    default: /root/bare quickstart test
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-/root/bare}
shift || true
targets=("$@")
((${#targets[@]} > 0)) || targets=(quickstart test)
root=$folder/root

((EUID == 0)) || { echo "clean_machine: run me as root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "clean_machine: apt-get install debootstrap" >&2; exit 1; }
case "$(realpath -m "$folder")" in
  / | "$PWD" | "$PWD"/*) echo "clean_machine: choose a folder outside the repository" >&2; exit 1 ;;
esac

# The mirror that this machine uses, in either format of apt's sources.
mirror=$(grep -rhoE '(URIs: *|deb +(\[[^]]*\] +)?)https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list \
  /etc/apt/sources.list.d 2>/dev/null | grep -oE 'https?://[^ ]+' | head -1 || true)
mirror=${mirror:-http://deb.debian.org/debian}

unmount() {
  local point
  for point in dev/pts dev/shm proc dev; do
    mountpoint -q "$root/$point" && umount "$root/$point"
  done
  return 0
}
trap unmount EXIT

# The bare system is kept as a tarball, so that each run starts from it without a download.
mkdir -p "$folder"
if [[ ! -f $folder/base.tar ]]; then
  rm -rf --one-file-system "$folder/base"
  debootstrap --variant=minbase "${DEBIAN_SUITE:-bookworm}" "$folder/base" "$mirror"
  tar -C "$folder/base" -cf "$folder/base.tar.part" .
  mv "$folder/base.tar.part" "$folder/base.tar"
  rm -rf --one-file-system "$folder/base"
fi
unmount
rm -rf --one-file-system "$root"
mkdir -p "$root"
tar -C "$root" -xf "$folder/base.tar"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t proc proc "$root/proc"

git clone -q --no-local . "$root/root/libsql"
settings=(HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM="${TERM:-dumb}")
if [[ -n ${ECTO_DEPS_DIR:-} ]]; then
  cp -r "$ECTO_DEPS_DIR" "$root/root/ecto_deps"
  settings+=(ECTO_DEPS_DIR=/root/ecto_deps)
fi

inside() { env -i "${settings[@]}" chroot "$root" /bin/bash -c "$1"; }

# The two tools that cloning and building need at least.
inside "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends make git >/dev/null"
for target in "${targets[@]}"; do
  start=$SECONDS
  inside "cd /root/libsql && make $target"
  echo "clean_machine: make $target passed in $((SECONDS - start)) s"
done
