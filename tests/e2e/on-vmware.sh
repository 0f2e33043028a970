# What the cases need to know of VMware (lib.sh): the vmrun double, which boots VMX files through
# QEMU, and bridges for VMware's host-only networks.
# shellcheck shell=bash

export VMRUN_DOUBLE_DIR=$work/vmrun-double
export VMRUN_DOUBLE_NET="VMnet1=bridge:vmnet1 VMnet2=bridge:vmnet2 VMnet3=bridge:vmnet3"
# As strict as the real one where it is known to differ from machine to machine.
export VMRUN_DOUBLE_OPTIONS=${VMRUN_DOUBLE_OPTIONS:-reserved-mac questions foreign tools=never}
PATH=$PWD/tests/double:$PATH
# The host of somebody who has Workstation: this one lacks its modules and, often, VT-x.
export LABCTL_FACTS_ROOT=$work/host

make_vmnets() { # as VMware's own service does when the host starts
    local n
    for n in 1 2 3; do
        in_box ip link add "vmnet$n" type bridge
        in_box ip address add "192.168.$((n + 5)).1/24" dev "vmnet$n"
        in_box ip link set "vmnet$n" up
    done
}
provider_start() {
    local n
    mkdir -p "$VMRUN_DOUBLE_DIR"
    cp -r tests/double/host "$LABCTL_FACTS_ROOT"
    cp /proc/meminfo "$LABCTL_FACTS_ROOT/proc/"
    {
        echo VERSION=1,0
        for n in 1 2 3; do
            printf "answer VNET_${n}_%s\n" "DHCP yes" "HOSTONLY_NETMASK 255.255.255.0" \
                "HOSTONLY_SUBNET 192.168.$((n + 5)).0" "NAT no" "VIRTUAL_ADAPTER yes"
        done
    } >"$LABCTL_FACTS_ROOT/etc/vmware/networking"
    make_vmnets
}
provider_reboot() {
    scripts/sandbox reboot "$box"
    make_vmnets
}

vmrun_() { in_box env VMRUN_DOUBLE_OPTIONS= vmrun "$@"; } # plain answers for the cases themselves
vmx_of() { find "$work" -name "$1.vmx"; }
power_of() { # NODE: on, off or absent
    local vmx list
    vmx=$(vmx_of "$1")
    list=$(vmrun_ list)
    if [ -z "$vmx" ]; then
        echo absent
    elif grep -qxF "$vmx" <<<"$list"; then
        echo on
    else
        echo off
    fi
}
memory_of() { # MiB, of the definition
    sed -nE 's/^memsize *= *"([0-9]*)".*/\1/Ip' "$(vmx_of "$1")"
}
# Media in the VM, as it runs and as it would start.
media_live() {
    # shellcheck disable=SC2016 # expanded inside
    in_box sh -c 'for p in /proc/[0-9]*; do tr "\0" " " <"$p/cmdline" 2>/dev/null; echo; done' |
        grep -E "^qemu.* -name $1 " | grep -o '[^" ]*\.iso' | wc -l
}
media_defined() {
    sed -nE 's/^((sata0|ide1):[0-9])\.startConnected *= *"TRUE".*/\1/Ip' "$(vmx_of "$1")" | wc -l
}
payload_medium() { find "$LABCTL_HOME" -name 'payload*.iso' | head -n 1; }
vms() {
    find "$work" -name '*.vmx' -printf '%f\n' | sed 's/\.vmx$//' | sort
}
provider_footprint() {
    vms
    vmrun_ list
    in_box ip -br link | awk '{ print $1 }'
    find "$VMRUN_DOUBLE_DIR" -type f
}
