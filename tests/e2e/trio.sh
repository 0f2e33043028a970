#!/usr/bin/env bash
# Three masters: founded by the first, joined one at a time; one made anew joins the others instead
# of founding a second cluster; a change takes them down one at a time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
mkdir -p "$work/payload" && cp -r tests/standin/k3s "$work/payload/k3s"
cat >"$lab" <<YAML
name: trio
provider: $provider
image_url: ./debian12.qcow2
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default:
    ipam: {range: 192.168.6.0/24, gateway: 192.168.6.1, start: 192.168.6.10}
nodes:
  - {name: "m%d", role: master, replicas: 3, cpu: 1, memory: 640Mi, disk_size: 4Gi, networks: [default]}
payload: {dir: ./payload}
YAML

in_cluster() { # the nodes that $1 lists as Ready
    on "$1" sudo k3s kubectl get nodes --no-headers | awk '$2 == "Ready" { print $1 }' | sort | tr '\n' ' '
}

say "founded and joined"
labctl -f "$lab" up
for n in m1 m2 m3; do same "$n lists" "m1 m2 m3 " "$(in_cluster "$n")"; done
ca=$(on m2 sudo sha256sum /var/lib/rancher/k3s/server/tls/server-ca.crt | cut -c1-64)

say "the first one made anew"
rc=0
labctl -f "$lab" up --recreate m1 </dev/null || rc=$?
same "destroying wants a yes" 2 "$rc"
labctl -f "$lab" up --recreate m1 -y
for n in m1 m2 m3; do same "$n lists" "m1 m2 m3 " "$(in_cluster "$n")"; done
same "it is the same cluster" "$ca" "$(on m1 sudo sha256sum /var/lib/rancher/k3s/server/tls/server-ca.crt | cut -c1-64)"

say "more memory for all"
sed -i 's/640Mi/704Mi/' "$lab"
labctl -f "$lab" up
boots=$(for n in m1 m2 m3; do echo "$(on "$n" grep btime /proc/stat) $n"; done | sort | awk '{ print $3 }' | tr '\n' ' ')
same "they went down one at a time" "m1 m2 m3 " "$boots"
same "m3 lists" "m1 m2 m3 " "$(in_cluster m3)"

labctl -f "$lab" teardown -y
same "VMs left" "" "$(vms)"
