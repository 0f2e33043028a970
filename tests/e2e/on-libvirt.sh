# What the cases need to know of libvirt (lib.sh): a libvirtd of the sandbox's own.
# shellcheck shell=bash

provider_start() { :; } # the sandbox has it
provider_reboot() { scripts/sandbox reboot "$box"; }

power_of() { # NODE: on, off or absent
    case $(virsh_ domstate "$1" 2>/dev/null) in
    running) echo on ;;
    'shut off') echo off ;;
    '') echo absent ;;
    *) echo other ;;
    esac
}
memory_of() { # MiB, of the definition
    virsh_ dominfo "$1" | awk '/^Max memory:/ { print $3 / 1024 }'
}
# Media in the VM, as it runs and as it would start.
media_live() { virsh_ dumpxml "$1" | grep -c "device='cdrom'" || true; }
media_defined() { virsh_ dumpxml --inactive "$1" | grep -c "device='cdrom'" || true; }
payload_medium() { in_box find /var/lib/libvirt -name '*payload*.iso' | head -n 1; }
vms() { virsh_ list --all --name | sed '/^$/d' | sort; }
provider_footprint() {
    vms
    virsh_ net-list --all --name | sort
    virsh_ pool-list --all --name | grep -vE '^labctl_images *$' | sort
    in_box find /var/lib/libvirt /etc/libvirt -type f -not -path '*labctl_images*' \
        -not -path '/var/lib/libvirt/dnsmasq/*.macs' -not -path '*/qemu/domain-*' | sort
}
