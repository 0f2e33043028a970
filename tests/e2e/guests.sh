#!/usr/bin/env bash
# Images that differ where it hurts: one whose datasource_list is [NoCloud, None], Debian's cloud kernel
# (no SATA), and (guests.sh PROVIDER nm) Debian 13 with NetworkManager. All pass the gates and stay who
# they are. The first one's cloud-init fails at first: exit 5 with its own words, the others done, the
# failed one kept; after lab.yaml is mended, up makes that one anew and touches nothing else. Around
# it: packages on all of them, a clock that is an hour wrong, and a payload with one flipped byte.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

nm=${2-}
start_box
ln -s "$(scripts/guest-image --datasource-list '[NoCloud, None]')" "$work/nocloud.qcow2"
ln -s "$(scripts/guest-image --variant debian12-cloud)" "$work/cloud.qcow2"
[ -z "$nm" ] || ln -s "$(scripts/guest-image --variant debian13-nm)" "$work/nm.qcow2"
# One set of packages for each release: made here, so that both can have them.
package() { # NAME CONTROL-LINE...
    mkdir -p "$work/deb/DEBIAN"
    printf '%s\n' "Package: $1" 'Version: 1.0' 'Architecture: all' 'Maintainer: x <x@example.invalid>' \
        'Description: test' "${@:2}" >"$work/deb/DEBIAN/control"
    for set in bookworm-amd64 trixie-amd64; do
        mkdir -p "$work/payload/debs/$set"
        dpkg-deb --root-owner-group -b "$work/deb" "$work/payload/debs/$set/$1.deb" >/dev/null
    done
    rm -r "$work/deb"
}
package labctl-test 'Depends: labctl-test-second'
package labctl-test-second 'Pre-Depends: labctl-test-third'
package labctl-test-third
echo THE-BYTE-THAT-WILL-FLIP >"$work/payload/words"

cat >"$lab" <<YAML
name: guests
provider: $provider
vm_dir: ./vms
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default:
    bridge: VMnet2
    ipam: {range: 192.168.7.0/24, gateway: 192.168.7.1, start: 192.168.7.10}
payload: {dir: ./payload}
nodes:
  - name: cloudkernel
    cpu: 1
    memory: 512Mi
    disk_size: 4Gi
    image_url: ./cloud.qcow2
    cd_bus: ide
    disk_bus: nvme
    cloud_init: |
      #cloud-config
      bootcmd: [[sh, -c, "[ -e /var/lib/was-wrong ] || { date -s '1 hour ago'; touch /var/lib/was-wrong; }"]]
${nm:+  - {name: nm, cpu: 1, memory: 768Mi, disk_size: 4Gi, image_url: ./nm.qcow2\}}
  - name: nocloud
    disk_bus: sata
    cpu: 1
    memory: 512Mi
    disk_size: 4Gi
    image_url: ./nocloud.qcow2
    cloud_init: |
      #cloud-config
      runcmd:
        - [sh, -c, "echo cannot mount the warp core >&2; exit 3"]
YAML

say "up"
rc=0
labctl -f "$lab" up >"$work/up.log" 2>&1 || rc=$?
cat "$work/up.log"
same "exit status" 5 "$rc"
holds "the failing gate" "nocloud failed at 'cloud-init'" "$(cat "$work/up.log")"
holds "cloud-init's own error" "scripts-user|scripts_user" "$(cat "$work/up.log")"
holds "the guest's own words" "cannot mount the warp core" "$(cat "$work/up.log")"
holds "what to do next" "next: .*logs nocloud cloud-init" "$(cat "$work/up.log")"
for n in cloudkernel $nm; do
    holds "$n is done" "^$n .*done" "$(cat "$work/up.log")"
    same "$n: media defined" 0 "$(media_defined "$n")"
done
holds "the clock was an hour wrong, and was set" "cloudkernel .*clock.* it was -(3[56][0-9][0-9])\.[0-9] s and has been set" \
    "$(cat "$work/up.log")"
for n in cloudkernel $nm; do
    holds "$n: the packages were seen" "$n .*packages.* 3 seen installed" "$(cat "$work/up.log")"
    same "$n: dpkg says so" "installed installed installed" \
        "$(on "$n" "dpkg-query -W -f '\${db:Status-Status} ' labctl-test labctl-test-second labctl-test-third" | xargs)"
    holds "$n: its clock is right" "^-?[0-9]{1,2}$" $(($(on "$n" date +%s) - $(date +%s)))
done
same "the failed one is kept" on "$(power_of nocloud)"
holds "status shows the reason" "nocloud .*failed" "$(labctl -f "$lab" status)"
boot=$(on cloudkernel cat /proc/sys/kernel/random/boot_id)

say "the same file again: the same answer, in seconds"
rc=0
labctl -f "$lab" up >"$work/again.log" 2>&1 || rc=$?
same "exit status" 5 "$rc"
holds "cloud-init's own error" "scripts_user|scripts-user|runcmd" "$(cat "$work/again.log")"

say "mended, but one byte of the payload flips on its way"
sed -i '/^  - name: nocloud/,$ { /cloud_init:/,$d }' "$lab"
holds "plan provisions only the failed one" "nocloud +provision" "$(labctl -f "$lab" plan)"
labctl -f "$lab" up --no-start
flip() { # FROM TO
    local iso at
    iso=$(payload_medium)
    at=$(in_box grep -abo "THE-BYTE-THAT-WILL-$1" "$iso" | head -n 1 | cut -d: -f1)
    in_box sh -c "printf 'THE-BYTE-THAT-WILL-$2' | dd of='$iso' bs=1 seek=$at conv=notrunc status=none"
}
flip FLIP FLOP
rc=0
labctl -f "$lab" up >"$work/flipped.log" 2>&1 || rc=$?
cat "$work/flipped.log"
same "exit status" 5 "$rc"
holds "the file is named" "nocloud failed at 'iso-copy'.*sha256.*file words" "$(tr '\n' ' ' <"$work/flipped.log")"
flip FLOP FLIP

say "and right again"
labctl -f "$lab" up --recreate nocloud -y
same "cloudkernel was left alone" "$boot" "$(on cloudkernel cat /proc/sys/kernel/random/boot_id)"

say "from inside the guests"
for n in nocloud cloudkernel $nm; do
    generation=$(on "$n" sudo sed -n 's/^generation=//p' /var/lib/iso-copy-complete)
    same "$n: instance id after the detach" "iid-guests-$n-$generation" \
        "$(on "$n" sudo cat /var/lib/cloud/data/instance-id)"
    same "$n: boots" 2 "$(on "$n" 'sudo journalctl --list-boots --no-pager | grep -c "[0-9a-f]\{32\}"')"
    holds "$n: default route" "default via 192.168.7.1" "$(on "$n" ip route)"
done
holds "cloud kernel" "cloud" "$(on cloudkernel uname -r)"
[ -z "$nm" ] || holds "NetworkManager has the address" "192.168.7.11" "$(on nm 'nmcli -g IP4.ADDRESS device show | head -3')"

say "not ours: a VM of a node's name is never touched"
sed 's/^name: guests/name: other/; s/VMnet2/VMnet3/; s/192\.168\.7\./192.168.8./g' "$lab" >"$work/stranger.yaml"
rc=0
out=$(labctl -f "$work/stranger.yaml" up 2>&1) || rc=$?
echo "$out"
same "exit status of a conflict" 7 "$rc"
same "the VM still runs" on "$(power_of cloudkernel)"
labctl -f "$work/stranger.yaml" teardown -y
same "and after the stranger's teardown" on "$(power_of cloudkernel)"
labctl -f "$lab" teardown -y
same "VMs left" "" "$(vms)"
