#!/usr/bin/env bash
# Three images that differ where it hurts: an image whose datasource_list is [NoCloud, None], Debian's
# cloud kernel (no SATA), and Debian 13 with NetworkManager. All pass the gates and stay who they are.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
ln -s "$(scripts/guest-image --datasource-list '[NoCloud, None]')" "$work/nocloud.qcow2"
ln -s "$(scripts/guest-image --variant debian12-cloud)" "$work/cloud.qcow2"
ln -s "$(scripts/guest-image --variant debian13-nm)" "$work/nm.qcow2"
cat >"$lab" <<'YAML'
name: images
provider: libvirt
image_url: ./nocloud.qcow2
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default:
    ipam: {range: 192.168.9.0/24, gateway: 192.168.9.1, start: 192.168.9.10}
nodes:
  - {name: nocloud, cpu: 1, memory: 512Mi, disk_size: 4Gi, networks: [default]}
  - {name: cloudkernel, cpu: 1, memory: 512Mi, disk_size: 4Gi, networks: [default], image_url: ./cloud.qcow2}
  - {name: nm, cpu: 1, memory: 768Mi, disk_size: 4Gi, networks: [default], image_url: ./nm.qcow2}
YAML
labctl -f "$lab" up
for n in nocloud cloudkernel nm; do
    generation=$(on "$n" sudo sed -n 's/^generation=//p' /var/lib/iso-copy-complete)
    same "$n: instance id after the detach" "iid-images-$n-$generation" \
        "$(on "$n" sudo cat /var/lib/cloud/data/instance-id)"
    same "$n: boots" 2 "$(on "$n" 'sudo journalctl --list-boots --no-pager | grep -c "[0-9a-f]\{32\}"')"
    holds "$n: default route" "default via 192.168.9.1" "$(on "$n" ip route)"
done
holds "cloud kernel" "cloud" "$(on cloudkernel uname -r)"
holds "NetworkManager has the address" "192.168.9.12" "$(on nm 'nmcli -g IP4.ADDRESS device show | head -3')"
labctl -f "$lab" teardown -y
