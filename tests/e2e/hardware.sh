#!/usr/bin/env bash
# VMware's hardware by lab.yaml: EFI, disks on NVMe and SATA, CDs on IDE for a kernel without AHCI; and
# the same kernel with CDs on SATA, whose guest comes up without its seed and is told from a slow one.
set -- vmware
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
export VMRUN_DOUBLE_OVMF=/usr/share/OVMF/OVMF_CODE_4M.fd:/usr/share/OVMF/OVMF_VARS_4M.fd

start_box
tests/e2e/efi-disk "$work/debian12.qcow2" "$work/efi.qcow2"
ln -s "$(scripts/guest-image --variant debian12-cloud)" "$work/cloud.qcow2"
cat >"$lab" <<'YAML'
name: hardware
provider: vmware
image_url: ./cloud.qcow2
cd_bus: ide
wait: {clock_skew: 60s, stall: 4m} # emulated guests on a busy machine lose seconds
networks:
  default:
    bridge: VMnet2
    ipam: {range: 192.168.7.0/24, gateway: 192.168.7.1, start: 192.168.7.10}
nodes:
  - {name: ide, cpu: 1, memory: 512Mi, disk_size: 4Gi, disk_bus: nvme}
  - {name: blind, cpu: 1, memory: 512Mi, disk_size: 4Gi, cd_bus: sata}
  - {name: efi, cpu: 1, memory: 512Mi, disk_size: 4Gi, firmware: efi, disk_bus: sata, cd_bus: sata, image_url: ./efi.qcow2}
YAML

say "up"
rc=0
labctl -f "$lab" up >"$work/up.log" 2>&1 || rc=$?
cat "$work/up.log"
same "exit status" 5 "$rc"
holds "the blind one is told" "blind failed at 'address'" "$(cat "$work/up.log")"
holds "with the reason" "saw no seed" "$(cat "$work/up.log")"
holds "and the way out" "cd_bus: ide" "$(cat "$work/up.log")"
for n in ide efi; do
    holds "$n is done" "^$n .*done" "$(cat "$work/up.log")"
    same "$n: media defined" 0 "$(media_defined "$n")"
    generation=$(on "$n" sudo sed -n 's/^generation=//p' /var/lib/iso-copy-complete)
    same "$n: instance id after the detach" "iid-hardware-$n-$generation" \
        "$(on "$n" sudo cat /var/lib/cloud/data/instance-id)"
done
holds "a disk on NVMe" "nvme0n1" "$(on ide lsblk -no PKNAME "$(on ide findmnt -no SOURCE /)")"
holds "a disk on SATA" "^sd" "$(on efi lsblk -no PKNAME "$(on efi findmnt -no SOURCE /)")"
same "booted by EFI" 0 "$(status_of on efi test -d /sys/firmware/efi)"

say "mended"
sed -i 's/, cd_bus: sata}$/}/' "$lab"
holds "plan provisions only the blind one" "blind +provision" "$(labctl -f "$lab" plan)"
labctl -f "$lab" up
same "blind sees now" 0 "$(status_of on blind true)"
labctl -f "$lab" teardown -y
same "VMs left" "" "$(vms)"
