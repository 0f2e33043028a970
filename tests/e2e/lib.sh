# Shared by the end-to-end cases: a sandbox of the case's own, a lab folder, and checks that print
# what they found. Everything runs inside the sandbox; the case's file is run from the repository.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case_name=$(basename "$0" .sh)
provider=${1:-libvirt}
box=e2e-$case_name-$provider
work=$(mktemp -d "${TMPDIR:-/tmp}/labctl-$case_name.XXXXXX")
export LABCTL_HOME=$work/home
export LABCTL_BIN_DIR=${LABCTL_BIN_DIR:-$PWD/build/debug}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
lab=$work/lab.yaml
checks=0

# The same case on every provider: CASE.sh [libvirt|vmware].
# shellcheck source=tests/e2e/on-libvirt.sh
. "tests/e2e/on-$provider.sh"

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
in_box() { scripts/sandbox run "$box" "$@"; }
labctl() { in_box labctl "$@"; }
virsh_() { in_box env LC_ALL=C virsh -q -c qemu:///system "$@"; }
on() { # NODE COMMAND…
    local node=$1
    shift
    labctl -f "$lab" ssh "$node" -- "$@"
}

die() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
ok() {
    checks=$((checks + 1))
    printf 'ok %d - %s\n' "$checks" "$*"
}
same() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || die "$1: wanted '$2', got '$3'"
    ok "$1: $3"
}
differ() { # WHAT A B
    [ "$2" != "$3" ] || die "$1: both are '$2'"
    ok "$1: $2 / $3"
}
holds() { # WHAT PATTERN TEXT
    grep -qE -- "$2" <<<"$3" || die "$1: no '$2' in: $3"
    ok "$1"
}
status_of() { # runs, prints the status
    local rc=0
    "$@" >&2 || rc=$?
    echo "$rc"
}

finish() {
    local rc=$?
    if [ "$rc" != 0 ]; then
        for log in "$LABCTL_HOME"/labs/*/labctl.log; do
            [ -f "$log" ] && { echo "--- end of $log"; grep -v dumpxml "$log" | tail -n 40; }
        done
        for log in "$LABCTL_HOME"/labs/*/console/*.log; do
            [ -f "$log" ] && { echo "--- end of $log"; tail -n 8 "$log"; }
        done
    fi
    scripts/sandbox stop "$box" >/dev/null 2>&1 || true
    rm -rf "$work"
    [ "$rc" = 0 ] && printf '%d checks in %d s\n' "$checks" "$SECONDS"
    exit "$rc"
}
trap finish EXIT

start_box() {
    scripts/sandbox stop "$box" >/dev/null 2>&1 || true
    scripts/sandbox start "$box"
    provider_start
    ln -s "$(scripts/guest-image)" "$work/debian12.qcow2"
}

# What must be the same before the lab and after its teardown. The image cache may stay.
footprint() (
    set +e +o pipefail # nothing found is an answer here
    provider_footprint
    # shellcheck disable=SC2016 # expanded inside
    in_box sh -c 'for p in /proc/[0-9]*; do cat "$p/comm" 2>/dev/null; done' |
        grep -E '^(qemu|labctl|dnsmasq|virsh|vmrun|python3)' | sort
    find "$LABCTL_HOME/labs" -mindepth 1 2>/dev/null | sort
)
