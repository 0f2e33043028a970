#!/usr/bin/env bash
# A registry inside a guest (registry.node), for hosts that can run none: carried by the bundle, behind
# a password, filled by up, pulled from by both nodes, and back after a restart of its node.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/bundle.sh
. tests/e2e/bundle.sh

start_box
make_bundle "$work/bundle" 'registry: /usr/bin/docker-registry'
cat >"$lab" <<YAML
name: inner
provider: $provider
image_url: ./debian12.qcow2
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
networks:
  default: {ipam: {range: 192.168.6.0/24, gateway: 192.168.6.1, start: 192.168.6.10}}
nodes:
  - {name: k3s-master1, role: master, cpu: 1, memory: 768Mi, disk_size: 4Gi}
  - {name: k3s-worker1, role: worker, cpu: 1, memory: 512Mi, disk_size: 4Gi}
payload: {bundle: ./bundle, key: ./team.pub}
registry: {node: k3s-master1, auth: true}
YAML

say "up"
labctl -f "$lab" up 2>&1 | tee "$work/up.log"
holds "the bundle's image went into it" "lab images: 1 in the registry, 1 of them new" "$(cat "$work/up.log")"
status=$(labctl -f "$lab" registry status)
echo "$status"
holds "it runs in the guest" "192.168.6.10:5000" "$status"
holds "it answers" "answers +yes" "$status"
same "without the password" 401 \
    "$(on k3s-worker1 "curl -s -o /dev/null -w '%{http_code}' --cacert /usr/local/share/ca-certificates/labctl-inner.crt https://192.168.6.10:5000/v2/")"

say "each node pulls from it"
pulls() {
    local out
    out=$(labctl -f "$lab" registry verify "$work/bundle")
    echo "$out"
    for n in k3s-master1 k3s-worker1; do holds "$n pulled by digest" "$n +registry.invalid/tools/app@sha256" "$out"; done
}
pulls

say "its node restarts"
labctl -f "$lab" restart --target k3s-master1
pulls
labctl -f "$lab" teardown -y
same "VMs left" "" "$(vms)"
