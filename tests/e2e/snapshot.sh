#!/usr/bin/env bash
# A lab with a cluster is kept, a guest of it is damaged beyond repair, and set back (snapshot.sh PROVIDER):
# ready, with its clock right and its data of that time; teardown leaves nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
mkdir -p "$work/payload" && cp -r tests/standin/k3s "$work/payload/k3s"
sed "s/^provider: .*/provider: $provider/; s/replicas: 2/replicas: 1/; /^payload:/,\$d" seeds/sample/lab.yaml >"$lab"
cat >>"$lab" <<YAML
payload: {dir: ./payload}
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
YAML
footprint >"$work/before"
nodes="k3s-master1 k3s-worker1"

whole() {
    local list n
    list=$(on k3s-master1 sudo k3s kubectl get nodes)
    for n in $nodes; do
        holds "$n is Ready" "^$n +Ready" "$list"
        same "$n: media live" 0 "$(media_live "$n")"
        same "$n: media defined" 0 "$(media_defined "$n")"
    done
}

say "up, and something to come back to"
labctl -f "$lab" up
on k3s-master1 sudo sh -c "'echo kept >/var/lib/mark; sync'"
labctl -f "$lab" snapshot create before
holds "it is listed" '^before .* 2 +ready' "$(labctl -f "$lab" snapshot list)"
whole

say "damaged: the worker boots no more, the master's data is gone"
on k3s-master1 sudo sh -c "'rm -rf /var/lib/mark /var/lib/rancher; sync'"
on k3s-worker1 sudo sh -c "'dd if=/dev/zero of=/dev/\$(lsblk -ndo NAME,TYPE | sed -n s/.disk//p | head -1) bs=1M count=64 conv=fsync'" || true
boots=$(on k3s-master1 cat /proc/sys/kernel/random/boot_id)

say "set back"
labctl -f "$lab" snapshot restore before -y
whole
same "the mark is there again" kept "$(on k3s-master1 sudo cat /var/lib/mark)"
[ "$boots" != "$(on k3s-master1 cat /proc/sys/kernel/random/boot_id)" ] || die "the master was not booted anew"
for n in $nodes; do
    skew=$(($(on "$n" date +%s) - $(date +%s)))
    [ "${skew#-}" -le 60 ] || die "$n: its clock is $skew s off"
    ok "$n: its clock is $skew s off"
done

say "nothing else to do, and gone"
labctl -f "$lab" up
labctl -f "$lab" stop
labctl -f "$lab" snapshot delete before
labctl -f "$lab" start
whole
labctl -f "$lab" snapshot create again
labctl -f "$lab" teardown -y
footprint >"$work/after"
diff "$work/before" "$work/after" || die "teardown left something"
ok "nothing is left"
