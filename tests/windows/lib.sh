# For the checks that run programs of build/mingw under Wine. Sets build, work, failed; needs here.
# shellcheck shell=bash disable=SC2034

build=$(readlink -m "${1-$here/../../build/mingw}")
root=$(readlink -f "$here")
while [ ! -e "$root/CMakePresets.json" ]; do root=$(dirname "$root"); done

lacks() { printf '%s\n' "$@" >&2; exit 3; }
command -v wine >/dev/null || lacks "wine is not installed: scripts/deps windows"
[ -e "$build/labctl.exe" ] ||
    lacks "no $build/labctl.exe: scripts/windows-deps && cmake --preset mingw && cmake --build --preset mingw"

work=$(mktemp -d)
export LC_ALL=C.UTF-8 WINEPREFIX=$build/wine WINEDEBUG=-all DISPLAY=
export WINEDLLOVERRIDES='mscoree=d;mshtml=d;winemenubuilder.exe=d'
# shellcheck disable=SC2317
finish() {
    wineserver -k 2>/dev/null || : # of this prefix only
    rm -rf "$work"
}
trap finish EXIT
# A server of this check's own, which stays: one that ends by itself between two programs may do so just
# when the second comes, and one from elsewhere may be in another network.
wineserver -k 2>/dev/null || :
wineserver -w 2>/dev/null || :
mkdir -p "$WINEPREFIX"
wineserver -p >/dev/null 2>&1 </dev/null || :
[ -e "$WINEPREFIX/system.reg" ] || timeout 300 wineboot -i >/dev/null 2>&1

# Writes a command that runs PROGRAM under Wine: Wine's own processes keep what they inherit open, and
# a $(...) would wait for them; hence files.
wrap() { # COMMAND PROGRAM
    cat >"$1" <<SH
#!/bin/sh
out=\$(mktemp "$work/out.XXXXXX")
rc=0
timeout 120 wine "$2" "\$@" >"\$out" 2>"\$out.err" || rc=\$?
cat "\$out"
grep -v -e '^it looks like wine32' -e '^multiarch needs' -e '^execute "dpkg' -e '^apt-get install wine32' \
    "\$out.err" >&2
rm -f "\$out" "\$out.err"
exit \$rc
SH
    chmod +x "$1"
}

failed=0
result() { # STATUS-OF-TEST NAME
    if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; failed=1; fi
}

# holds NAME COMMAND…: the command succeeds
holds() {
    local name=$1 rc=0
    shift
    "$@" >/dev/null 2>&1 || rc=$?
    result "$rc" "$name"
}

# expect STATUS PATTERN COMMAND…: ends so, and its output has the pattern
expect() {
    local want=$1 pattern=$2 rc=0 out
    shift 2
    out=$("$@" 2>&1 </dev/null) || rc=$?
    if [ "$rc" = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then
        echo "ok - ${1##*/} ${*:2}"
    else
        echo "not ok - ${1##*/} ${*:2}: status $rc (wanted $want), wanted '$pattern' in:"
        echo "$out"
        failed=1
    fi
}
