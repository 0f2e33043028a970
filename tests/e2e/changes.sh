#!/usr/bin/env bash
# What happens to a lab after its first day: created without starting, killed in the middle, grown,
# changed, recreated, pruned; and what is refused before anything is powered on.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
cat >"$lab" <<YAML
name: changes
provider: $provider
image_url: ./debian12.qcow2
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default:
    bridge: VMnet3
    ipam: {range: 192.168.8.0/24, gateway: 192.168.8.1}
nodes:
  - {name: "vm%d", replicas: 1, cpu: 1, memory: 512Mi, disk_size: 4Gi, networks: [default]}
YAML
footprint >"$work/before"

route_overlaps() {
    say "a route that overlaps is found before anything is made"
    in_box ip link add other type bridge
    in_box ip addr add 192.168.8.77/25 dev other
    in_box ip link set other up
    rc=0
    out=$(labctl -f "$lab" up 2>&1) || rc=$?
    holds "the route is named" "overlaps this host's route to 192.168.8.0/25 on other" "$out"
    same "exit status" 7 "$rc"
    in_box ip link del other
}
[ "$provider" != libvirt ] || route_overlaps # VMware's networks are there before the lab

say "only created"
labctl -f "$lab" up --no-start
same "vm1" off "$(power_of vm1)"

say "an address that answers is found before anything is powered on"
in_box ip addr add 192.168.8.101/32 dev lo
out=$(labctl -f "$lab" up 2>&1) && die "up went on over an address in use"
holds "the address is named" "192.168.8.101 of node 'vm1' already answers" "$out"
same "vm1" off "$(power_of vm1)"
in_box ip addr del 192.168.8.101/32 dev lo

say "killed in the middle, twice"
for gate in "powered on" "logged in"; do
    labctl -f "$lab" up >"$work/up.log" 2>&1 &
    for _ in $(seq 1800); do
        grep -q "$gate" "$work/up.log" && break
        sleep 0.1
    done
    grep -q "$gate" "$work/up.log" || die "up never said '$gate'"
    in_box pkill -9 -x labctl
    wait $! 2>/dev/null || true
    ok "killed after '$gate'"
done

say "another up is refused while one runs"
labctl -f "$lab" up >"$work/up.log" 2>&1 &
first_up=$!
sleep 2
rc=0
labctl -f "$lab" up >"$work/second.log" 2>&1 || rc=$?
same "exit status" 7 "$rc"
holds "the holder is named" "pid [0-9]+" "$(cat "$work/second.log")"
wait "$first_up" || die "the up that was let run failed: $(cat "$work/up.log")"
cat "$work/up.log"
same "vm1 is done" 0 "$(status_of labctl -f "$lab" wait)"
first=$(on vm1 sudo cat /var/lib/cloud/data/instance-id)

say "another time zone, told to a guest that runs"
boot=$(on vm1 cat /proc/sys/kernel/random/boot_id)
sed -i 's/^provider:/timezone: Asia\/Seoul\nprovider:/' "$lab"
labctl -f "$lab" up
same "time zone of vm1" KST "$(on vm1 date +%Z)"
same "vm1 was not restarted for it" "$boot" "$(on vm1 cat /proc/sys/kernel/random/boot_id)"

say "more memory, a larger disk, and one more node"
sed -i 's/replicas: 1/replicas: 2/; s/memory: 512Mi/memory: 640Mi/; s/disk_size: 4Gi/disk_size: 5Gi/' "$lab"
plan=$(labctl -f "$lab" plan)
echo "$plan"
holds "plan modifies" "vm1 +modify +.*memory" "$plan"
holds "plan creates" "vm2 +create" "$plan"
labctl -f "$lab" up
same "time zone of vm2, by its seed" KST "$(on vm2 date +%Z)"
same "memory of vm1" 640 "$(memory_of vm1)"
same "disk of vm1" $((5 << 30)) "$(on vm1 'lsblk -bndo SIZE /dev/$(lsblk -no PKNAME $(findmnt -no SOURCE /))')"
same "vm1 is who it was" "$first" "$(on vm1 sudo cat /var/lib/cloud/data/instance-id)"
holds "vm1 knows vm2" "192.168.8.102" "$(on vm1 getent hosts vm2)"

say "what a node is made from changes only when asked"
sed -i 's/networks: \[default\]}/networks: [default], cloud_init: "#!\/bin\/sh\\ntouch \/root\/again"}/' "$lab"
out=$(labctl -f "$lab" up 2>&1) && die "up provisioned a finished node by itself"
holds "the way is named" "--recreate" "$out"
labctl -f "$lab" up --target vm2 --recreate vm2 -y
same "vm2 was made anew" 0 "$(status_of on vm2 sudo test -e /root/again)"

say "a node that left lab.yaml stays until it is pruned"
sed -i 's/replicas: 2/replicas: 1/; s/, cloud_init: "[^"]*"//' "$lab"
holds "plan leaves it" "vm2 +orphan" "$(labctl -f "$lab" plan)"
labctl -f "$lab" up --prune -y
same "VMs" "vm1" "$(vms)"

say "by name, without the file"
mv "$lab" "$work/away.yaml"
holds "status by name" "vm1 .*running" "$(labctl --lab changes status)"
same "json" running "$(labctl --lab changes status -o json | jq -r '.nodes[0].power')"
labctl --lab changes teardown -y
footprint >"$work/after"
diff "$work/before" "$work/after" || die "teardown left something"
ok "nothing is left"
