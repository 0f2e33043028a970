#!/usr/bin/env bash
# One guest whose cloud-init fails on purpose: exit 5 with the module's own error, the others
# finished, the failed one kept; after the YAML is mended, up finishes the lab.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
cat >"$lab" <<YAML
name: failing
provider: libvirt
image_url: ./debian12.qcow2
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default:
    ipam: {range: 192.168.7.0/24, gateway: 192.168.7.1, start: 192.168.7.10}
nodes:
  - {name: good1, cpu: 1, memory: 512Mi, disk_size: 4Gi, networks: [default]}
  - {name: good2, cpu: 1, memory: 512Mi, disk_size: 4Gi, networks: [default]}
  - name: bad
    cpu: 1
    memory: 512Mi
    disk_size: 4Gi
    networks: [default]
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
holds "the failing gate" "bad failed at 'cloud-init'" "$(cat "$work/up.log")"
holds "cloud-init's own error" "scripts-user|scripts_user" "$(cat "$work/up.log")"
holds "the guest's own words" "cannot mount the warp core" "$(cat "$work/up.log")"
holds "what to do next" "next: .*ssh bad" "$(cat "$work/up.log")"
for n in good1 good2; do
    holds "$n is done" "^$n .*done" "$(cat "$work/up.log")"
    same "$n: cdroms" 0 "$(virsh_ dumpxml "$n" | grep -c "device='cdrom'" || true)"
done
same "the failed one is kept" running "$(virsh_ domstate bad)"
holds "status shows the reason" "bad .*failed" "$(labctl -f "$lab" status)"
boot=$(on good1 cat /proc/sys/kernel/random/boot_id)

say "the same file again: the same answer, in seconds"
rc=0
labctl -f "$lab" up >"$work/again.log" 2>&1 || rc=$?
same "exit status" 5 "$rc"
holds "cloud-init's own error" "scripts_user|scripts-user|runcmd" "$(cat "$work/again.log")"

say "mended"
sed -i '/cloud_init:/,$d' "$lab"
holds "plan provisions only the failed one" "bad +provision" "$(labctl -f "$lab" plan)"
labctl -f "$lab" up
same "good1 was left alone" "$boot" "$(on good1 cat /proc/sys/kernel/random/boot_id)"
same "bad has a new system" 0 "$(status_of on bad true)"

say "not ours: a domain of a node's name is never touched"
cp "$lab" "$work/stranger.yaml"
sed -i 's/^name: failing/name: other/; s/192\.168\.7\./192.168.8./g' "$work/stranger.yaml"
rc=0
out=$(labctl -f "$work/stranger.yaml" up 2>&1) || rc=$?
echo "$out"
same "exit status of a conflict" 7 "$rc"
same "the VM still runs" running "$(virsh_ domstate good1)"
labctl -f "$work/stranger.yaml" teardown -y
same "and after the stranger's teardown" running "$(virsh_ domstate good1)"
labctl -f "$lab" teardown -y
same "domains left" "" "$(virsh_ list --all --name)"
