#!/usr/bin/env bash
# The command line as a user types it, without hypervisor: usage, exit statuses, lab.yaml, ISO images.
# usage: run.sh LABCTL
set -euo pipefail
labctl=$(readlink -f "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LABCTL_HOME=$work/home LC_ALL=C.UTF-8
failed=0 count=0

# expect STATUS PATTERN ARGS…: status and a pattern in stdout+stderr
expect() {
    local want=$1 pattern=$2 out rc=0
    shift 2
    count=$((count + 1))
    out=$("$labctl" "$@" 2>&1 </dev/null) || rc=$?
    if [ "$rc" = "$want" ] && grep -qE -- "$pattern" <<<"$out"; then
        echo "ok $count - labctl $*"
    else
        echo "not ok $count - labctl $*: status $rc (wanted $want), wanted '$pattern' in:"
        echo "$out"
        failed=1
    fi
}

expect 2 'Usage: labctl COMMAND'
expect 0 'Usage: labctl COMMAND' --help
expect 0 '^labctl [0-9]' --version
expect 0 '"version"' version -o json
expect 2 "did you mean 'labctl validate'" valdate
expect 2 "did you mean 'labctl validate'" help valdate
expect 2 "see 'labctl up --help'" up --nonsense
expect 2 "did you mean '--target'" status --tarjet x
expect 2 'wants a value' status --target
expect 2 'wants NODE' ssh
expect 2 'none of table' list -o xml
expect 2 'not a time' wait --timeout soon
expect 2 'not N or GROUP=N' plan --replicas many
expect 2 'not both' status -f a --lab b
expect 2 "cannot find 'lab.yaml'" up
expect 2 'labctl init' up
expect 0 '--recreate \[NODE\]' up --help
expect 2 "cannot find 'lab.yaml'" up --recreate # no value: every node
expect 2 "cannot find 'lab.yaml'" up --recreate -y
expect 2 "cannot find 'lab.yaml'" up --recreate all --recreate=w1
expect 2 "cannot find 'w1.yaml'" up --recreate -f w1.yaml
expect 2 "takes no arguments, not 'something'" status -- something
expect 0 'Usage: labctl iso' help -- iso
expect 2 "gates: defined" wait --for nothing
expect 0 'no labs under' list
for command in init validate doctor plan up wait status list start stop restart teardown ssh exec iso image schema; do
    expect 0 "Usage: labctl $command" "$command" --help
done

expect 0 'wrote lab.yaml' init
expect 7 'is there already' init
expect 0 'fine' validate --no-files
expect 2 'lab.yaml:[0-9]+:[0-9]+: error:' validate
expect 0 '"\$schema"' schema
[ ! -e "$LABCTL_HOME" ] || { echo "not ok - validate, schema or list wrote to LABCTL_HOME"; failed=1; }

cat >bad.yaml <<'YAML'
name: Bad_Name
netwroks:
  default: {}
nodes:
  - {name: w, role: worker, cpu: 1, memory: 4, disk_size: 1Gi, networks: [default]}
YAML
expect 2 "bad.yaml:1:7: error: .*Bad_Name" validate bad.yaml
expect 2 "bad.yaml:2:1: error: .*networks" validate bad.yaml
expect 2 'bad.yaml:5:[0-9]+: error: .*memory' validate bad.yaml
expect 2 '"line": 2' validate -o json bad.yaml
expect 2 'bad.yaml:1:7' plan -f bad.yaml
expect 2 'bad.yaml:1:7' up -f bad.yaml
[ ! -e "$LABCTL_HOME" ] || { echo "not ok - a refused file left something"; failed=1; }

mkdir -p tree/sub
echo hello >tree/sub/a
printf '#!/bin/sh\n' >tree/run && chmod +x tree/run
expect 0 'label PAYLOAD' iso build out.iso tree --label PAYLOAD
expect 0 '-0755 .* run' iso ls out.iso
expect 0 'read to its end' iso verify out.iso
cp out.iso first.iso
sleep 1.1
TZ=Asia/Seoul "$labctl" iso build out.iso tree --label PAYLOAD >/dev/null
cmp first.iso out.iso && echo "ok - the same bytes again" || failed=1
truncate -s 40000 out.iso
expect 8 'out.iso' iso verify out.iso
expect 2 'label' iso build x.iso tree --label 'no spaces'
expect 2 "cannot find 'missing'" iso build x.iso missing
expect 2 'wants an output' iso build x.iso
[ ! -e x.iso ] && [ ! -e x.iso.part ] || { echo "not ok - a refused image left a file"; failed=1; }

exit $failed
