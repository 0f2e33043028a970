#!/usr/bin/env bash
# labctl is killed with -9 at moments of its life on real guests (killed.sh PROVIDER): each time the same
# command goes on, a dozen times on one lab; then teardown, killed three times, leaves nothing. The
# points between these moments are tried on doubles, by the hundred: tests/crash/run.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

start_box
mkdir -p "$work/payload" && cp -r tests/standin/k3s "$work/payload/k3s"
sed "s/^provider: .*/provider: $provider/; s/replicas: 2/replicas: 1/; /^payload:/,\$d" seeds/sample/lab.yaml >"$lab"
cat >>"$lab" <<YAML
payload: {dir: ./payload}
registry: {serve: true}
wait: {clock_skew: 60s} # emulated guests on a busy machine lose seconds
YAML
footprint >"$work/before"
nodes="k3s-master1 k3s-worker1"
killed=0

# labctl itself, inside the sandbox: the oldest, since a child that is starting has its words, too.
labctl_pid() { in_box pgrep -o -f "^[^ ]*labctl -f $lab $1"; }

# Runs COMMAND, kills it when PATTERN appears, and the next word says what for.
kill_when() { # PATTERN COMMAND...
    local pattern=$1 log=$work/kill.log pid rc=0 job
    shift
    : >"$log"
    labctl -f "$lab" "$@" >"$log" 2>&1 &
    job=$!
    until grep -qE -- "$pattern" "$log"; do
        kill -0 "$job" 2>/dev/null || { cat "$log"; die "'$*' ended before '$pattern'"; }
        sleep 0.05
    done
    pid=$(labctl_pid "$1")
    [ -n "$pid" ] || { cat "$log"; die "'$*' was gone before it could be killed at '$pattern'"; }
    in_box kill -9 "$pid"
    wait "$job" || rc=$?
    cat "$log"
    killed=$((killed + 1))
    ok "killed at '$pattern' (status $rc)"
}

labctl -f "$lab" up

whole() {
    local list
    list=$(on k3s-master1 sudo k3s kubectl get nodes)
    for n in $nodes; do
        holds "$n is Ready" "^$n +Ready" "$list"
        same "$n: media live" 0 "$(media_live "$n")"
        same "$n: media defined" 0 "$(media_defined "$n")"
        generation=$(on "$n" sudo sed -n 's/^generation=//p' /var/lib/iso-copy-complete)
        holds "$n is who it was" "^iid-sample-$n-$generation\$" "$(on "$n" sudo cat /var/lib/cloud/data/instance-id)"
    done
    same "seed ISOs left" "" "$(in_box find /var/lib/libvirt/images "$LABCTL_HOME" -name '*seed*.iso')"
    same "the registry runs once" 1 "$(in_box pgrep -c docker-registry)"
}
whole
labctl -f "$lab" up


say "teardown, killed three times"
kill_when 'removed' teardown -y
labctl -f "$lab" up
whole
kill_when 'k3s-worker1 removed|k3s-master1 removed' teardown -y
rc=0
labctl -f "$lab" teardown -y || rc=$?
same "the next teardown" 0 "$rc"
footprint >"$work/after"
diff "$work/before" "$work/after" || die "teardown left something"
ok "nothing is left"
say "$killed kills on real guests, all survived"
