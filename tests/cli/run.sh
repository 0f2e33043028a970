#!/usr/bin/env bash
# The command line as a user types it, without hypervisor: usage, exit statuses, lab.yaml, ISO images.
# usage: run.sh LABCTL
set -euo pipefail
labctl=$(readlink -f "$1")
tests=$(readlink -f "$(dirname "$0")/..")
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
expect 0 '^complete -F _labctl labctl' completion bash
expect 2 "did you mean 'labctl completion fish'" completion fisch
expect 0 'troubleshooting  *known symptoms' help topics
expect 0 '^## disk-full' help troubleshooting
if "$labctl" help troubleshooting | diff - "$tests/../docs/troubleshooting.md"; then echo 'ok - docs/troubleshooting.md is that page'; else
    echo 'not ok - docs/troubleshooting.md is stale: labctl help troubleshooting prints it'
    failed=1
fi
expect 0 'cloud-init  *cloud-init done' help gates
expect 2 "no command '__complete'" help __complete
expect 2 'wants a value' status --target
expect 2 'no number of seconds from 1 to 3600' status --watch=0
expect 2 'no number of seconds' status --watch soon
expect 2 'wants NODE' ssh
expect 2 'wants NODE' logs
expect 2 'wants NODE' console
expect 2 'takes only: NODE' console one two
expect 2 'wants \[NODE:\]FILE' cp alone
expect 2 "did you mean '--follow'" logs web-01 --folow
expect 2 'takes no --raw' console web-01 --attach --raw
expect 2 'no -o' console web-01 -o json
expect 0 'k3s, containerd' logs --help
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
commands=$("$labctl" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
for command in $commands; do
    expect 0 "Usage: labctl $command" "$command" --help
    expect 0 "^  labctl $command" "$command" --help # an example
done

expect 0 'wrote lab.yaml' init
expect 7 'is there already' init
expect 2 'was not made yet' timeline
expect 2 'not the number of a run' timeline --run last
expect 2 'none of text, svg, json' graph -o html
expect 0 'support.tar.gz .*files' support -o support.tar.gz
expect 0 '"archive":' support -o json -o support.tar.gz
expect 2 'is not known here' --lab nobody support
expect 0 'k3s-master1 +192.168.6.10' graph
expect 0 'wrote .*lab.svg' graph --to lab.svg
expect 0 '<svg xmlns' graph -o svg
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

# verify airgap: the texts, without any hypervisor
mkdir -p air/payload/k3s air/payload/apps
head -c 1048576 /dev/zero >air/disk.raw
cat >air/lab.yaml <<'YAML'
name: air
image_url: ./disk.raw
networks:
  default: {ipam: {range: 192.168.6.0/24, gateway: 192.168.6.1, start: 192.168.6.10}}
nodes:
  - {name: k3s-master1, role: master, networks: [default]}
cloud_init: |
  #!/bin/sh
  curl -O http://192.168.6.1/fine
payload: {dir: ./payload}
airgap: {probe: [198.51.100.7]}
YAML
echo nginx:1.25 >air/payload/k3s/k3s-images.txt
printf '#!/bin/sh\ncurl -sfL https://get.example.org\n' >air/payload/k3s/install.sh
printf 'image: nginx:1.25\n' >air/payload/apps/web.yaml
expect 0 '^nothing in 2 texts needs the internet; the guests were not asked' verify airgap --static -f air/lab.yaml
printf 'image: nginx:1.26\n' >air/payload/apps/web.yaml
printf '#!/bin/sh\napt-get update # labctl: airgap-ok a mirror\n' >air/payload/setup
expect 2 'payload/apps/web.yaml:1:8: error: nginx:1.26: .* lacks it' verify airgap --static -f air/lab.yaml
expect 2 'payload/setup:2:1: waived: apt-get update .a mirror.' verify airgap --static -f air/lab.yaml
expect 2 '"waived": 1' verify airgap --static -f air/lab.yaml -o json
sed -i 's|http://192.168.6.1/fine|https://a.example.org/x|' air/lab.yaml
expect 2 'air/lab.yaml:9:11: error: https://a.example.org/x: .*is outside the lab' verify airgap --static -f air/lab.yaml
expect 2 "did you mean 'labctl verify airgap'" verify airgab
expect 2 'wants airgap' verify
sed -i 's/198.51.100.7/no.address/' air/lab.yaml
expect 2 'lab.yaml:11:18: error' verify airgap --static -f air/lab.yaml
[ ! -e "$LABCTL_HOME" ] || { echo "not ok - verify wrote to LABCTL_HOME"; failed=1; }

# a payload that no node's disk can hold
sed 's/role: master/disk_size: 100Mi, role: master/; s/no.address/198.51.100.7/' air/lab.yaml >air/small.yaml
expect 0 'fine$' validate air/small.yaml
truncate -s 40M air/payload/k3s/big
expect 2 "small.yaml:6:36: error: 'disk_size' is 100 MiB, but the payload \(40 MiB\) needs 106 MiB" validate air/small.yaml
expect 0 'fine$' validate air/small.yaml --no-files
expect 2 '"column": 36' validate air/small.yaml -o json
rm air/payload/k3s/big

# Under Wine there are no made-up hosts (a /proc and /etc of their own), and signals are none of Windows.
wine=${LABCTL_UNDER_WINE-}

doctor_on_hosts() {
    # doctor: on this machine with nothing in PATH, then on made-up hosts with a made-up vmrun
    mkdir -p hosts/bare hosts/laptop empty
    on_host() { # NAME PATH: makes ./NAME, which runs labctl there
        printf '#!/bin/sh\nexport LABCTL_FACTS_ROOT=%s FAKE_VMRUN=%s PATH=%s\nexec %s "$@"\n' \
            "$work/hosts/$1" "$work/hosts" "$2" "$labctl" >"$1"
        chmod +x "$1"
    }
    on_host bare /nonexistent
    on_host laptop "$tests/fake:$PATH"
    cp -r "$tests/double/host/." hosts/laptop
    printf 'list\tsay\tTotal running VMs: 0\\n\n' >hosts/rules

    cd empty
    labctl=$work/bare expect 3 "^libvirt +fail +cannot connect.*'virsh': not found.*\[virsh -c.*; fix: install libvirt" doctor
    labctl=$work/bare expect 3 '^Workstation +fail +there is no vmrun.*; fix: install VMware' doctor
    labctl=$work/bare expect 3 '^virtualisation +unknown ' doctor
    labctl=$work/bare expect 3 '^lab.yaml +unused +none here.*\[the current folder\]' doctor
    labctl=$work/bare expect 3 '^labctl: [0-9]+ checks failed, first: libvirt' doctor
    labctl=$work/bare expect 3 '"looked_at": "product.version in /etc/vmware/config, PATH"' doctor -o json
    labctl=$work/bare expect 3 '"result": "fail"' doctor -o json
    expect 2 "cannot find 'lab.yaml'" doctor -f lab.yaml
    expect 2 "unheard-of" doctor --lab unheard-of
    cd ..

    head -c 65536 /dev/zero | tr '\0' '\1' >disk.img
    printf 'name: box\nprovider: vmware\nimage_url: ./disk.img\nnetworks: {default: {ipam: %s}}\n%s\n' \
        '{range: 10.213.77.0/24, start: 10.213.77.10}' \
        'nodes: [{name: w, cpu: 1, memory: 1Gi, disk_size: 1Gi, networks: [default]}]' >box.yaml
    lab() { labctl=$work/laptop expect "$1" "$2" "$3" -f box.yaml; }
    lab 3 '^VMnet +fail +VMnet1 has .*192.168.6.0/24.*fix: .*HOSTONLY_SUBNET 10.213.77.0' doctor
    sed -i 's/192.168.6.0/10.213.77.0/' hosts/laptop/etc/vmware/networking
    lab 3 '^VMnet +fail +VMnet1 is 10.213.77.0/24, but this host has no address in it' doctor
    lab 3 '^Workstation +ok +version 17.6.3' doctor
    lab 3 '^image +ok +disk.img, a disk of 64 KiB' doctor
    lab 3 '^disk +(ok|warning) .*the lab needs .*disks 64 KiB' doctor
    lab 3 '^memory +ok .*the nodes that do not run yet want 1 GiB' doctor
    labctl=$work/laptop expect 3 '^lab.yaml +fail +line 1: ' doctor -f bad.yaml

    # up stops at what doctor would tell, and has made nothing but the ledger
    lab 3 'VMnet: VMnet1 is .*no address' up
    lab 3 'try: .*vmware-networks --start' up
    : >hosts/laptop/proc/modules
    lab 3 'VMware driver: not loaded.* vmmon and vmnet' up
    lab 3 'try: sudo vmware-modconfig' up
    made=$(find "$LABCTL_HOME/labs/box" -mindepth 1 -printf '%f\n' | grep -vE '^(state\.db.*|lock|labctl\.log)$' || :)
    [ -z "$made" ] || { echo "not ok - an up that was stopped made: $made"; failed=1; }

    # the loopback's network: there every host has the first address
    cp "$tests/double/host/proc/modules" hosts/laptop/proc/modules
    sed -i 's/10.213.77.0/127.0.0.0/; s/255.255.255.0/255.0.0.0/' hosts/laptop/etc/vmware/networking
    cd empty
    labctl=$work/laptop expect 0 '^VMnet +ok +VMnet1 is 127.0.0.0/8, this host is 127.0.0.1 in it' doctor
    labctl=$work/laptop expect 0 '^libvirt +unused ' doctor
    # vmrun answers, so VMware is what a lab would use: its fault counts, that of libvirt does not
    : >"$work/hosts/laptop/proc/modules"
    labctl=$work/laptop expect 3 'labctl: 1 check failed, first: VMware driver' doctor
    labctl=$work/laptop expect 3 '^libvirt +unused ' doctor
}
[ -n "$wine" ] || doctor_on_hosts

# --- the image cache ---
check() { # WHAT COMMAND…
    local what=$1
    shift
    count=$((count + 1))
    if "$@"; then echo "ok $count - $what"; else echo "not ok $count - $what"; failed=1; fi
}
head -c 3072000 /dev/urandom >disk.raw
head -c 4000000 /dev/urandom >large.raw
truncate -s 600M large.raw
sum=$(sha256sum disk.raw | cut -d' ' -f1)
expect 0 'no images in' image list
expect 0 "image:debian12 imported, SHA-256 $sum" image import disk.raw --name debian12 --sha256 "${sum^^}"
expect 0 'image:debian12 is there already' image import disk.raw
expect 0 "debian12 +${sum:0:12} +raw +2.9 MiB" image list
expect 0 "\"sha256\": \"$sum\"" image list -o json
expect 0 "\"sha256\":\"$sum\"" image list -o ndjson
expect 0 "fine +([A-Z]:)?$LABCTL_HOME/images/$sum-debian12" image verify
expect 8 'should be 0000' image import large.raw --sha256 "${sum//[0-9a-f]/0}"
expect 7 "another image is called|is there already" image import large.raw --name debian12
expect 2 "did you mean 'labctl image import'" image imprt
expect 2 "takes no option '--force'" image list --force
expect 2 "did you mean 'debian12'" image rm debain12
cat >cached.yaml <<'YAML'
name: cached
image_url: image:debain12
networks:
  default: {ipam: {range: 192.168.6.0/24}}
nodes:
  - {name: w, cpu: 1, memory: 1Gi, disk_size: 1Gi, networks: [default]}
YAML
expect 2 'cached.yaml:2:12: error: .*did you mean "image:debian12"' validate cached.yaml
sed -i s/debain/debian/ cached.yaml
expect 0 'fine' validate cached.yaml

images=$LABCTL_HOME/images
parts() { find "$images" -name '*.part' | grep -q .; }
# begin SIGNAL: an import that gets the signal as soon as it has begun to write
begin() {
    local status=0
    "$labctl" image import large.raw >/dev/null 2>&1 &
    local pid=$!
    until parts || ! kill -0 $pid 2>/dev/null; do sleep 0.005; done
    kill "-$1" $pid
    wait $pid 2>/dev/null || status=$?
    echo "$status"
}
signals() {
    check 'a kill leaves a part' [ "$(begin KILL)" = 137 ]
    check 'which is there' parts
    expect 0 'image:debian12 is there already' image import disk.raw
    check 'the next run removes it' [ "$(ls "$images")" = "$sum-debian12" ]
    check 'Ctrl-C' [ "$(begin INT)" = 130 ]
    check 'leaves nothing' [ "$(ls "$images")" = "$sum-debian12" ]
}
[ -n "$wine" ] || signals
"$labctl" image import large.raw >one 2>&1 & one=$!
"$labctl" image import large.raw >two 2>&1 & two=$!
check 'two at once' wait $one
check 'two at once, the other' wait $two
check 'one of them copied' [ "$(cat one two | grep -c 'image:large imported')" = 1 ]
check 'one of them found it' [ "$(cat one two | grep -c 'image:large is there already')" = 1 ]
[ -n "$wine" ] || # which cannot tell holes from zeros
    check 'a hole stays one' [ "$(du -k "$images"/*-large | cut -f1)" -lt 10000 ]
printf X | dd of="$images/$sum-debian12" bs=1 seek=5000 conv=notrunc status=none
expect 8 "damaged.*$sum-debian12" image verify
expect 8 'labctl image import' image verify debian12
expect 0 'image:debian12 imported' image import disk.raw --name debian12
expect 0 fine image verify debian12
expect 2 'prune wants a yes' image prune
expect 0 'removed large' image rm large
expect 0 "debian12" image prune --dry-run
expect 0 "removed debian12 .${sum:0:12}" image prune -y
check 'the cache is empty' [ -z "$(ls "$images")" ]

exit $failed
