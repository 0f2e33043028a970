#!/usr/bin/env bash
# labctl.exe under Wine makes a lab of real guests through the vmrun double and removes it, from folders
# with Korean names: a master and a worker, Ready. Wine is no Windows; docs/windows.md says what it cannot show.
# usage: windows.sh [BUILD-FOLDER]
build=$(readlink -m "${1-$(dirname "$0")/../../build/mingw}")
set -- vmware
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$build/labctl.exe" ] || die "no $build/labctl.exe: tests/windows/build"
export LC_ALL=C.UTF-8 WINEPREFIX=$work/wine WINEDEBUG=-all DISPLAY=
export WINEDLLOVERRIDES='mscoree=d;mshtml=d;winemenubuilder.exe=d'
export WINEPATH="Z:${build//\//\\}\\tests" VMRUN_POSIX=$PWD/tests/double/vmrun
export VMRUN_DOUBLE_OPTIONS="$VMRUN_DOUBLE_OPTIONS drive=Z crlf recase"
export LABCTL_HOME=$work/집
folder="$work/실습"
lab=$folder/lab.yaml
nodes="k3s-master1 k3s-worker1"

# Into files, since Wine's own processes keep open what they inherit.
labctl() {
    local rc=0
    in_box timeout 2400 wine "$build/labctl.exe" "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
    cat "$work/out"
    grep -vE '^(it looks like wine32|multiarch needs|execute "dpkg|apt-get install wine32)' "$work/err" >&2 || :
    return "$rc"
}
on() { labctl -f "$lab" exec "$1" -- "${@:2}"; }

start_box
# A Windows of its own: the server that opens its sockets must be in the box, and ends with it.
in_box timeout 300 wineboot -i >"$work/wineboot.log" 2>&1 </dev/null
mkdir -p "$folder/payload"
printf '%s\r\n' $'\ufeffWindows Registry Editor Version 5.00' '' \
    '[HKEY_LOCAL_MACHINE\Software\VMware, Inc.\VMnetLib\VMnetConfig\vmnet1]' \
    '"IPSubnetAddress"="192.168.6.0"' '"IPSubnetMask"="255.255.255.0"' \
    '[HKEY_LOCAL_MACHINE\Software\VMware, Inc.\VMnetLib\VMnetConfig\vmnet1\Adapter]' \
    '"UseAdapter"=dword:00000001' | iconv -f UTF-8 -t UTF-16LE >"$work/keys.reg"
in_box timeout 120 wine regedit /S "Z:$work/keys.reg" >/dev/null 2>&1 </dev/null
cp -r tests/standin/k3s "$folder/payload/k3s"
cp "$work/debian12.qcow2" "$folder/"
sed 's/replicas: 2/replicas: 1/' seeds/sample/lab.yaml >"$lab"
printf 'vm_dir: ./가상 머신\nwait: {clock_skew: 60s}\n' >>"$lab"
before=$(provider_footprint)

say "doctor"
labctl -f "$lab" doctor || :

say "up"
labctl -f "$lab" up
vmx="$folder/가상 머신/k3s-worker1/k3s-worker1.vmx"
holds "the VMX is where vm_dir says, with CRLF as VMware wrote it" $'^memSize = "512"\r$' "$(grep -a memSize "$vmx")"
for n in $nodes; do
    same "$n: media defined" 0 "$(media_defined "$n")"
    same "$n runs" on "$(power_of "$n")"
done
same "seed ISOs left" "" "$(find "$work" -name '*seed*.iso')"
list=$(on k3s-master1 sudo k3s kubectl get nodes)
echo "$list"
for n in $nodes; do holds "$n is Ready" "$n +Ready" "$list"; done

say "up again changes nothing"
holds "plan has nothing to do" "nothing to do" "$(labctl -f "$lab" plan)"
boot=$(on k3s-worker1 cat /proc/sys/kernel/random/boot_id)
labctl -f "$lab" up
same "boot id after the second up" "$boot" "$(on k3s-worker1 cat /proc/sys/kernel/random/boot_id)"
labctl -f "$lab" status

say "stop, teardown"
labctl -f "$lab" stop
for n in $nodes; do same "$n" off "$(power_of "$n")"; done
labctl -f "$lab" teardown -y
same "what VMware has" "$before" "$(provider_footprint)"
same "labs left" "" "$(find "$LABCTL_HOME/labs" -mindepth 1)"
