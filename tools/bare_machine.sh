#!/usr/bin/env bash
# Proves the README's commands on a bare Debian 12, as an ordinary user: python3 with venv, git and make are there,
# no node, no uv, no compiler.
#
#   tools/bare_machine.sh                   takes the last commit
#   tools/bare_machine.sh --working-tree    takes the files as they lie here
#   STOP_AFTER=setup tools/bare_machine.sh  does not start the house
#
# Run it as root on a machine with mmdebstrap. The bare system is made once and kept as an archive in the cache;
# each run unpacks it anew, and all that it mounts or starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."

lacking() {
    echo "$1" >&2
    exit 1
}
((EUID == 0)) || lacking "This makes a Debian system in a folder, so it has to run as root: sudo tools/bare_machine.sh"
command -v mmdebstrap >/dev/null || lacking "This needs mmdebstrap: apt install mmdebstrap"

# Mounts and processes live in namespaces of their own: however this script ends, the kernel ends them.
if [[ ${IN_NAMESPACE:-} != yes ]]; then
    IN_NAMESPACE=yes exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

packages=python3,python3-venv,git,make,ca-certificates
archive="${XDG_CACHE_HOME:-$HOME/.cache}/dure/bare-bookworm.tar"
root=$(mktemp --directory --tmpdir dure-bare-XXXXXX)
trap 'umount --recursive "$root/proc" "$root/dev" 2>/dev/null || true; rm --recursive --force --one-file-system "$root"' EXIT

make_system() {
    mkdir --parents "$(dirname "$archive")"
    mmdebstrap --variant=minbase --format=tar --include="$packages" bookworm "$archive.half"
    mv "$archive.half" "$archive"
}

unpack_system() {
    tar --extract --file "$archive" --directory "$root" --exclude './dev/*'
    # What belongs to this machine's network: names, and the certificates it trusts.
    cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
    cp --dereference /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    if [[ -e /etc/pip.conf ]]; then cp --dereference /etc/pip.conf "$root/etc/"; fi
    chroot "$root" useradd --create-home --shell /bin/bash dev
}

copy_source() {
    local source="$root/home/dev/source"
    if [[ ${1:-} == --working-tree ]]; then
        mkdir "$source"
        git ls-files --cached --others --exclude-standard -z |
            tar --create --null --files-from - --ignore-failed-read | tar --extract --directory "$source"
        git -C "$source" init --quiet --initial-branch main
        git -C "$source" add --all
        git -C "$source" -c user.name=dure -c user.email=dure@localhost commit --quiet --message "As it lies here"
    else
        git clone --quiet --no-hardlinks . "$source"
    fi
    chroot "$root" chown --recursive dev:dev /home/dev
}

# Devices are lent one by one, so that clearing up can never reach into this machine's own /dev.
mount_kernel_folders() {
    local device
    mount --types proc proc "$root/proc"
    mount --types tmpfs -o mode=0755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir --mode=1777 "$root/dev/shm"
    ln --symbolic /proc/self/fd "$root/dev/fd"
}

# As the ordinary user, with nothing from this machine but how to reach package registries.
as_dev() {
    local passed
    mapfile -t passed < <(env | grep --extended-regexp '^((PIP|SSL|REQUESTS|NODE|UV)_[A-Z_]+|https?_proxy|no_proxy)=' || true)
    chroot --userspec=dev:dev "$root" env --ignore-environment HOME=/home/dev USER=dev LANG=C.UTF-8 \
        PATH=/usr/local/bin:/usr/bin:/bin STOP_AFTER="${STOP_AFTER:-}" "${passed[@]}" "$@"
}

[[ -e $archive ]] || make_system
unpack_system
copy_source "${1:-}"
mount_kernel_folders
cat >"$root/home/dev/steps" <<'ON_THE_BARE_MACHINE'
for word in node npm uv pip gcc cc curl; do
    if command -v "$word" >/dev/null; then echo "This machine is not bare: it has $word" >&2; exit 1; fi
done
cd ~
git clone --quiet source dure
cd dure

TIMEFORMAT="== make setup took %0R s"
time make setup
TIMEFORMAT="== make setup, once more, took %2R s"
time make setup
.venv/bin/dure --help
if [[ $STOP_AFTER == setup ]]; then exit; fi

export ADDRESS=127.0.0.1:$((20000 + RANDOM % 10000))
.venv/bin/dure up --data ~/data --listen "$ADDRESS" >~/up.log 2>&1 &
.venv/bin/python - <<'ASK'
import os
import pathlib
import time
import urllib.error
import urllib.request

for _ in range(300):
    try:
        with urllib.request.urlopen(f"http://{os.environ['ADDRESS']}/") as answer:
            page = answer.read().decode()
        break
    except urllib.error.URLError:
        time.sleep(0.1)
else:
    raise SystemExit("dure up did not answer:\n" + pathlib.Path("/home/dev/up.log").read_text())
assert "<html" in page and "Dure" in page, page[:2000]
print(f"== the first page came: {len(page)} characters")
ASK
.venv/bin/dure down --data ~/data
wait %1 || { echo "dure up did not end well:"; cat ~/up.log; exit 1; } >&2
cat ~/up.log
ON_THE_BARE_MACHINE
as_dev bash -euo pipefail /home/dev/steps </dev/null
echo "== a bare Debian 12 carries Dure${STOP_AFTER:+, as far as $STOP_AFTER}"
