#!/usr/bin/env bash
# Boots a release in a bare Debian folder that has only the packages of the runner image in Phoenix's
# generated Dockerfile: no compiler, no SQLite. The release opens a database, writes and reads a row.
# Needs root and debootstrap; skips with the reason where they are missing. The bare system is kept as a
# tarball in FOLDER (default: build/bare_release), so that only the first run downloads it.
#
# Usage: tools/check_release.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: a release in a bare root folder ($1)"
  exit 0
}
((EUID == 0)) || skip "not root"
command -v debootstrap >/dev/null || skip "no debootstrap"

repository=$PWD
folder=$(realpath -m "${1:-build/bare_release}")
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# mix phx.gen.release --docker: the runner stage's `apt-get install`.
packages=libstdc++6,openssl,libncurses6,locales,ca-certificates
mirror=$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
  head -1 | tr -d ' ' || true)

mkdir -p "$folder"
if [[ ! -f $folder/base.tar ]]; then
  rm -rf --one-file-system "$folder/base"
  debootstrap --variant=minbase --include="$packages" "$suite" "$folder/base" \
    "${mirror:-http://deb.debian.org/debian}" >"$folder/debootstrap.log" || {
    tail -5 "$folder/debootstrap.log"
    skip "debootstrap could not download Debian $suite"
  }
  tar -C "$folder/base" -cf "$folder/base.tar.part" .
  mv "$folder/base.tar.part" "$folder/base.tar"
  rm -rf --one-file-system "$folder/base"
fi

# An application with ecto_libsql as its only dependency.
app=$folder/app
rm -rf --one-file-system "$app" "$folder/root"
mkdir -p "$app/lib" "$folder/root"
cat >"$app/mix.exs" <<EOF
defmodule Bare.MixProject do
  use Mix.Project
  def project, do: [app: :bare, version: "0.1.0", deps: [{:ecto_libsql, path: "$repository"}]]
  def application, do: [extra_applications: [:logger]]
end
EOF
cat >"$app/lib/bare.ex" <<'EOF'
defmodule Bare do
  def check do
    {:ok, db} = EctoLibSql.connect(database: "/tmp/bare.db")
    EctoLibSql.query!(db, "CREATE TABLE note (text TEXT)")
    EctoLibSql.query!(db, "INSERT INTO note VALUES (?)", ["kept"])
    %{rows: [["kept", version]]} = EctoLibSql.query!(db, "SELECT text, sqlite_version() FROM note")
    IO.puts("the release reads and writes with SQLite #{version}")
  end
end
EOF
(cd "$app" && env -u ECTO_DEPS_DIR MIX_ENV=prod MIX_ARCHIVES="$folder/no_archives" mix release --quiet)

tar -C "$folder/root" -xf "$folder/base.tar"
cp -r "$app/_build/prod/rel/bare" "$folder/root/srv/bare"
[[ -z $(find "$folder/root" -name 'libsqlite3*') ]] || { echo "check_release: the bare folder has SQLite" >&2; exit 1; }
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 RELEASE_DISTRIBUTION=none \
  chroot "$folder/root" /srv/bare/bin/bare eval 'Bare.check()'
rm -rf --one-file-system "$folder/root" "$app"
