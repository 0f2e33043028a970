#!/usr/bin/env bash
# Workers come and go: 2, 3, 1. Those that go leave the cluster first, those that stay keep running.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
mkdir -p "$work/payload" && cp -r tests/standin/k3s "$work/payload/k3s"
cat >"$lab" <<YAML
name: scale
provider: $provider
image_url: ./debian12.qcow2
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default:
    ipam: {range: 192.168.6.0/24, gateway: 192.168.6.1, start: 192.168.6.10}
nodes:
  - {name: m1, role: master, cpu: 1, memory: 640Mi, disk_size: 4Gi, networks: [default]}
  - {name: "w%d", role: worker, replicas: 2, cpu: 1, memory: 512Mi, disk_size: 4Gi, networks: [default]}
YAML
footprint >"$work/before"

listed() { on m1 sudo k3s kubectl get nodes --no-headers | awk '{ print $1, $2 }' | sort | tr '\n' ' '; }
boot_of() { on "$1" cat /proc/sys/kernel/random/boot_id; }

say "two workers"
labctl -f "$lab" up
same "m1 lists" "m1 Ready w1 Ready w2 Ready " "$(listed)"
boots="$(boot_of m1) $(boot_of w1)"

say "three"
sed -i 's/replicas: 2/replicas: 3/' "$lab"
labctl -f "$lab" up
same "m1 lists" "m1 Ready w1 Ready w2 Ready w3 Ready " "$(listed)"
holds "w1 knows the third by name" "192.168.6.13 w3" "$(on w1 cat /etc/hosts)"
same "nobody was restarted for it" "$boots" "$(boot_of m1) $(boot_of w1)"

say "one, but not without a yes"
sed -i 's/replicas: 3/replicas: 1/' "$lab"
labctl -f "$lab" up
same "nothing went by itself" "m1 Ready w1 Ready w2 Ready w3 Ready " "$(listed)"
rc=0
labctl -f "$lab" up --prune </dev/null || rc=$?
same "exit status" 2 "$rc"
labctl -f "$lab" up --prune -y 2>&1 | tee "$work/prune.log"
holds "w2 was drained" "w2 drained: node/w2 drained" "$(cat "$work/prune.log")"
holds "w3 was drained" "w3 drained: node/w3 drained" "$(cat "$work/prune.log")"
same "m1 lists" "m1 Ready w1 Ready " "$(listed)"
same "VMs" "m1 w1 " "$(vms | sort | tr '\n' ' ')"
same "nobody was restarted for it" "$boots" "$(boot_of m1) $(boot_of w1)"

say "two again, with the name of one that has gone"
sed -i 's/replicas: 1/replicas: 2/' "$lab"
labctl -f "$lab" up
same "m1 lists" "m1 Ready w1 Ready w2 Ready " "$(listed)"

labctl -f "$lab" teardown -y
same "VMs left" "" "$(vms)"
footprint >"$work/after"
diff "$work/before" "$work/after" || die "the host differs after teardown"
ok "the host is as it was"
