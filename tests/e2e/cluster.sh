#!/usr/bin/env bash
# The main job on real guests, a master and two workers (cluster.sh PROVIDER [WORKERS]): up from
# nothing, proved from inside the guests and from the hypervisor, up again, power, a reboot of the
# host, teardown.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

workers=${2:-2}
worker_names=$(seq -f 'k3s-worker%.0f' "$workers" | tr '\n' ' ')
last=k3s-worker$workers
nodes="k3s-master1 $worker_names"
start_box
. tests/e2e/bundle.sh
make_bundle "$work/bundle"
sed "s/^provider: .*/provider: $provider/; s/replicas: 2/replicas: $workers/" seeds/sample/lab.yaml |
    sed "/^payload:/,\$d" >"$lab"
cat >>"$lab" <<YAML
payload: {bundle: ./bundle, key: ./team.pub}
registry: {serve: true}
YAML
echo 'wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds' >>"$lab"
footprint >"$work/before"

say "validate and plan touch nothing"
labctl -f "$lab" validate
plan=$(labctl -f "$lab" plan)
echo "$plan"
for n in $nodes; do holds "plan creates $n" "$n +create" "$plan"; done
[ ! -e "$LABCTL_HOME/labs/sample" ] || die "plan made a folder"
ok "plan left no trace"

say "a bundle with one flipped byte is refused by name, before anything is made"
flip=$(stat -c %s "$work/bundle/files/blob")
printf X | dd of="$work/bundle/files/blob" bs=1 seek=$((flip / 2)) conv=notrunc status=none
rc=0
labctl -f "$lab" up >"$work/bad.log" 2>&1 || rc=$?
cat "$work/bad.log"
same "exit status" 8 "$rc"
holds "the file is named" "files/blob" "$(cat "$work/bad.log")"
same "VMs" "" "$(vms)"
cp "$work/blob" "$work/bundle/files/blob"
labctl bundle verify "$work/bundle" --key "$work/team.pub"
ok "and mended it verifies"

say "up"
began=$(date +%s)
labctl -f "$lab" up 2>&1 | tee "$work/up.log"
say "up took $(($(date +%s) - began)) s"
holds "the payload was verified, and by whom it is signed" "lab payload: .*verified, signature: good" "$(cat "$work/up.log")"
holds "the registry came up before the nodes" "lab registry: 192.168.6.1:5000 started" "$(cat "$work/up.log")"

say "from inside the guests"
declare -A boot machine instance
for n in $nodes; do
    generation=$(on "$n" sudo sed -n 's/^generation=//p' /var/lib/iso-copy-complete)
    holds "$n: generation of the marker is in the instance id" "^iid-sample-$n-$generation\$" \
        "$(on "$n" sudo cat /var/lib/cloud/data/instance-id)"
    made=$(on "$n" sudo sed -n 's/^time=//p' /var/lib/iso-copy-complete)
    [ "$made" -ge "$began" ] || die "$n: the marker is older than this run"
    ok "$n: the marker was made in this run"
    same "$n: payload files copied" "$(wc -l <"$work/bundle/SHA256SUMS")" \
        "$(on "$n" sudo sed -n 's/^files=//p' /var/lib/iso-copy-complete)"
    same "$n: blob" "$(sha256sum <"$work/blob")" \
        "$(on "$n" 'sudo cat /usr/local/seed/files/blob | sha256sum')"
    same "$n: packages, with what they depend on" "jq labctl-test labctl-test-first libjq1 libonig5" \
        "$(on "$n" "dpkg-query -W -f '\${db:Status-Status} \${Package}\n' '*jq*' '*onig*' 'labctl*'" |
            sed -n 's/^installed //p' | sort | xargs)"
    # cloud-init's own words, of the provisioning boot: they survive in /var/lib
    same "$n: cloud-init errors" "[]" "$(on "$n" sudo cat /var/lib/cloud/data/result.json |
        python3 -c 'import json,sys; print(json.load(sys.stdin)["v1"]["errors"])')"
    boot[$n]=$(on "$n" cat /proc/sys/kernel/random/boot_id)
    machine[$n]=$(on "$n" cat /etc/machine-id)
    instance[$n]=$(on "$n" sudo cat /var/lib/cloud/data/instance-id)
    same "$n: boots so far (provisioning, and after the detach)" 2 \
        "$(on "$n" 'sudo journalctl --list-boots --no-pager | grep -c "[0-9a-f]\{32\}"')"
    same "$n: no disc in the guest" "" "$(on "$n" 'ls /dev/disk/by-label 2>/dev/null | grep -iE "cidata|payload" || true')"
done
differ "machine ids" "${machine[k3s-master1]}" "${machine[$last]}"

say "from the hypervisor: no disc, live and in the definition"
for n in $nodes; do
    same "$n: media live" 0 "$(media_live "$n")"
    same "$n: media defined" 0 "$(media_defined "$n")"
done
same "seed ISOs left" "" "$(in_box find /var/lib/libvirt/images "$LABCTL_HOME" -name '*seed*.iso')"

say "order: the master's second boot began before the workers'"
born() { on "$1" 'echo $(($(date +%s) - $(cut -d. -f1 /proc/uptime)))'; }
m=$(born k3s-master1)
for n in $worker_names; do
    w=$(born "$n")
    [ "$m" -lt "$w" ] || die "$n booted at $w, the master at $m"
    ok "master booted $((w - m)) s before $n"
done

say "the cluster"
list=$(on k3s-master1 sudo k3s kubectl get nodes)
echo "$list"
for n in $nodes; do holds "$n is Ready" "^$n +Ready" "$list"; done
status=$(labctl -f "$lab" status)
echo "$status"
for n in $nodes; do holds "status of $n" "$n .*running" "$status"; done

say "the registry: the bundle's image, from the host and from inside every guest"
status=$(labctl -f "$lab" registry status)
echo "$status"
holds "it answers" "answers" "$status"
holds "the bundle's image is there" "tools/app +1.0" "$(labctl -f "$lab" registry ls)"
labctl -f "$lab" registry verify "$work/bundle" | tee "$work/verified"
for n in $nodes; do
    holds "$n pulled it by digest" "$n +.*tools/app" "$(cat "$work/verified")"
    # a client in Go that has nothing but the lab's CA; containerd refuses what it refuses
    skopeo="sudo env LD_LIBRARY_PATH=/usr/local/seed/files/skopeo /usr/local/seed/files/skopeo/skopeo --insecure-policy"
    on "$n" 'mkdir -p certs none && cp /usr/local/share/ca-certificates/labctl-*.crt certs/'
    holds "$n: skopeo inspects it" '"Architecture": "amd64"' \
        "$(on "$n" "$skopeo inspect --cert-dir certs docker://192.168.6.1:5000/tools/app:1.0")"
    holds "$n: without the CA it does not" "x509: certificate signed by unknown authority" \
        "$(on "$n" "$skopeo inspect --cert-dir none docker://192.168.6.1:5000/tools/app:1.0" 2>&1 || true)"
done

say "verify airgap: nothing gets out, and what would is found"
labctl -f "$lab" verify airgap | tee "$work/airgap"
holds "proved" "proved: $((workers + 1)) nodes have no way out" "$(cat "$work/airgap")"
in_box ip address add 1.1.1.1/32 dev lo
in_box setsid -f python3 -m http.server --bind 1.1.1.1 443 >/dev/null 2>&1
same "an outside address that answers" 5 "$(status_of labctl -f "$lab" verify airgap --target k3s-worker1 | tail -n 1)"
in_box pkill -f 'http.server --bind'
in_box ip address delete 1.1.1.1/32 dev lo
in_box setsid -f dnsmasq -k -p 53 -a 192.168.6.1 -z --no-resolv '--address=/#/203.0.113.9' --pid-file= >/dev/null 2>&1
rc=0
labctl -f "$lab" verify airgap --target k3s-worker1 >"$work/leak" 2>&1 || rc=$?
cat "$work/leak"
same "a gateway that answers DNS" 5 "$rc"
holds "the leak is named" "k3s-worker1 +dns +LEAK +.*192.168.6.1" "$(cat "$work/leak")"
in_box pkill dnsmasq

say "kubectl on the host, with a context of its own among a stranger's"
printf '%s\n' 'apiVersion: v1' 'kind: Config' 'clusters: [{name: prod, cluster: {server: "https://prod.invalid:6443"}}]' \
    'contexts: [{name: prod, context: {cluster: prod, user: me}}]' 'users: [{name: me, user: {token: t}}]' \
    'current-context: prod' >"$work/kubeconfig"
labctl -f "$lab" kubeconfig --merge --into "$work/kubeconfig"
kubectl_() { in_box kubectl --kubeconfig "$work/kubeconfig" "$@"; }
same "mode" 600 "$(stat -c %a "$work/kubeconfig")"
same "the current context is still the stranger's" prod "$(kubectl_ config current-context)"
list=$(kubectl_ --context sample get nodes \
    -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
for n in $nodes; do holds "kubectl sees $n Ready" "^$n True\$" "$list"; done
same "the master's address" https://192.168.6.10:6443 \
    "$(kubectl_ config view -o 'jsonpath={.clusters[?(@.name=="sample")].cluster.server}')"
holds "printed alone" "current-context: sample" "$(labctl -f "$lab" kubeconfig)"
same "a name of the stranger's" 7 "$(status_of labctl -f "$lab" kubeconfig --merge --into "$work/kubeconfig" --context prod)"

say "up again changes nothing"
start=$SECONDS
labctl -f "$lab" up
say "the second up took $((SECONDS - start)) s"
holds "plan has nothing to do" "nothing to do" "$(labctl -f "$lab" plan)"
for n in $nodes; do same "$n: boot id after the second up" "${boot[$n]}" "$(on "$n" cat /proc/sys/kernel/random/boot_id)"; done

say "ssh and exec"
same "remote status passed on" 7 "$(status_of on k3s-worker1 exit 7)"
same "stdin reaches the guest" "hello" "$(echo hello | on k3s-worker1 cat)"
same "unknown node" 255 "$(status_of labctl -f "$lab" ssh nobody -- true)"
out=$(labctl -f "$lab" exec -- hostname)
for n in $nodes; do holds "exec on $n" "^$n +\| $n\$" "$out"; done
out=$(labctl -f "$lab" exec -o json -- 'hostname; echo aside >&2; exit 3' 2>/dev/null) || true
for n in $nodes; do
    same "exec -o json on $n" "3 $n aside" \
        "$(jq -r --arg n "$n" '.nodes[] | select(.node == $n) | "\(.status) \(.stdout) \(.stderr)"' <<<"$out" | tr -s '\n' ' ' | sed 's/ *$//')"
done

say "a stranger with the pinned address is refused"
key=$LABCTL_HOME/labs/sample/keys/k3s-worker1
cp "$key" "$work/key" && cp "$key.pub" "$work/key.pub"
ssh-keygen -q -t ed25519 -N '' -f "$work/other" && cp "$work/other" "$key" && cp "$work/other.pub" "$key.pub"
out=$(labctl -f "$lab" ssh k3s-worker1 -- true 2>&1) && die "logged in to a stranger"
holds "both fingerprints are shown" "SHA256:.*SHA256:" "$(tr '\n' ' ' <<<"$out")"
cp "$work/key" "$key" && cp "$work/key.pub" "$key.pub"

say "a stale marker is not believed"
on "$last" 'sudo sed -i s/^generation=.*/generation=stale/ /var/lib/iso-copy-complete'
sqlite3 "$LABCTL_HOME/labs/sample/state.db" "update node set provisioned=0, restarted=0, detached=0 where name='$last'"
rc=0
labctl -f "$lab" wait --target "$last" --for iso-copy --timeout 30s >"$work/stale.log" 2>&1 || rc=$?
cat "$work/stale.log"
same "wait for the copy of a stale generation" 6 "$rc"
holds "the stale marker is named" "another generation .*stale" "$(cat "$work/stale.log")"
sqlite3 "$LABCTL_HOME/labs/sample/state.db" "update node set provisioned=1, restarted=1, detached=1 where name='$last'"

say "restart of one node"
labctl -f "$lab" restart --target k3s-worker1
n=k3s-worker1
differ "$n: boot id" "${boot[$n]}" "$(on "$n" cat /proc/sys/kernel/random/boot_id)"
same "$n: machine id" "${machine[$n]}" "$(on "$n" cat /etc/machine-id)"
for n in k3s-master1 $last; do
    [ "$n" != k3s-worker1 ] || continue
    same "$n: boot id" "${boot[$n]}" "$(on "$n" cat /proc/sys/kernel/random/boot_id)"
done

say "the host loses its power"
provider_reboot
holds "status says they are off" "k3s-master1 .*off" "$(labctl -f "$lab" status)"
holds "plan starts them" "k3s-worker1 +start" "$(labctl -f "$lab" plan)"
labctl -f "$lab" up
for n in $nodes; do
    differ "$n: boot id" "${boot[$n]}" "$(on "$n" cat /proc/sys/kernel/random/boot_id)"
    same "$n: machine id" "${machine[$n]}" "$(on "$n" cat /etc/machine-id)"
    same "$n: instance id" "${instance[$n]}" "$(on "$n" sudo cat /var/lib/cloud/data/instance-id)"
done

say "stop"
labctl -f "$lab" stop
for n in $nodes; do same "$n" off "$(power_of "$n")"; done

say "teardown"
same "teardown wants a yes" 2 "$(status_of labctl -f "$lab" teardown </dev/null)"
labctl -f "$lab" teardown -y
footprint >"$work/after"
diff "$work/before" "$work/after" || die "teardown left something"
ok "nothing is left"
same "contexts left in the kubeconfig" prod "$(kubectl_ config get-contexts -o name)"
labctl -f "$lab" teardown -y
ok "a second teardown is fine"
