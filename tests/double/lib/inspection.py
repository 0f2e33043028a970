"""Whether VMware would power a VM on: everything about its definition that it refuses."""

import os

import options
import vmdk
from refusal import canceled, unreadable

DISKS = r"(?:scsi|sata|nvme)\d+:\d+|ide\d+:\d+"
PCIE_NICS = ("vmxnet3", "e1000e")
KNOWN_NICS = ("vmxnet3", "e1000e", "e1000", "vlance")
SCSI = ("pvscsi", "lsilogic", "lsisas1068", "buslogic")


def absolute(vmx, name):
    drive = options.value("drive", None)
    if drive and name[:2].lower() == drive.lower() + ":":
        name = name[2:].replace("\\", "/")
    return os.path.join(os.path.dirname(vmx), name)


def is_cdrom(d, slot):
    return d.get(f"{slot}.deviceType", "disk").lower().startswith("cdrom")


def disks(d):
    return [s for s in d.devices(DISKS) if not is_cdrom(d, s)]


def cdroms(d):
    return [s for s in d.devices(DISKS) if is_cdrom(d, s)]


def nics(d):
    return d.devices(r"ethernet\d+")


def check(d, vmx):
    check_basics(d, vmx)
    check_size(d)
    check_controllers(d)
    check_root_ports(d)
    check_nics(d)
    for slot in disks(d):
        name = d.get(f"{slot}.fileName", f"{slot}.vmdk")
        missing = vmdk.missing_as(options.value("missing-disk", ""))
        vmdk.check(absolute(vmx, name), missing)
    if options.on("cancel"):
        raise canceled("the double was told to cancel")


def check_basics(d, vmx):
    if d.get("config.version") != "8" or d.number("virtualHW.version", 0) < 3:
        raise unreadable(vmx, "config.version or virtualHW.version is missing")
    newest = int(options.value("max-hardware", "20"))
    if d.number("virtualHW.version", 0) > newest:
        raise canceled("This virtual machine was created by a newer version of VMware software")


def check_size(d):
    memory = d.number("memsize", 256)
    cpus, cores = d.number("numvcpus", 1), d.number("cpuid.coresPerSocket", 1)
    if memory < 4 or memory % 4:
        raise canceled(f"The memory size {memory} is not a multiple of 4")
    if cpus < 1 or cores < 1 or cpus % cores:
        raise canceled(f"{cpus} processors are not a multiple of {cores} cores per socket")


def check_controllers(d):
    for slot in d.devices(DISKS):
        controller = slot.partition(":")[0]
        # IDE channels are always there.
        if not controller.startswith("ide") and not d.boolean(f"{controller}.present", False):
            raise canceled(f"{slot} is on a controller that is not present")
    for controller in d.devices(r"scsi\d+"):
        kind = d.get(f"{controller}.virtualDev", "lsilogic").lower()
        if kind not in SCSI:
            raise canceled(f"Invalid value \"{kind}\" for {controller}.virtualDev")
        if kind == "buslogic":
            raise canceled("BusLogic adapters do not work in 64-bit guests")
    for slot in disks(d):
        if slot.startswith("scsi") and slot.endswith(":7"):
            raise canceled(f"{slot} is the controller's own unit")


def pcie_devices(d):
    found = [n for n in nics(d) if d.get(f"{n}.virtualDev", "").lower() in PCIE_NICS]
    found += d.devices(r"nvme\d+")
    return found + [
        c for c in d.devices(r"scsi\d+") if d.get(f"{c}.virtualDev", "").lower() == "pvscsi"
    ]


def check_root_ports(d):
    ports = [
        b for b in d.devices(r"pciBridge\d+") if d.get(f"{b}.virtualDev", "") == "pcieRootPort"
    ]
    slots = sum(d.number(f"{b}.functions", 1) for b in ports)
    devices = pcie_devices(d)
    if len(devices) > slots:
        raise canceled(f"No PCIe slot available for {devices[slots]}")


def check_nics(d):
    for nic in nics(d):
        kind = d.get(f"{nic}.virtualDev", "e1000").lower()
        if kind not in KNOWN_NICS:
            raise canceled(f"Invalid value \"{kind}\" for {nic}.virtualDev")
        if d.get(f"{nic}.connectionType", "bridged") == "custom" and not d.get(f"{nic}.vnet"):
            raise canceled(f"{nic} is of type custom and names no vnet")
        if d.get(f"{nic}.addressType", "generated") == "static":
            check_static(nic, d)


def check_static(nic, d):
    mac = d.get(f"{nic}.address", "").lower()
    checked = d.boolean(f"{nic}.checkMACAddress", True)
    allowed = mac.startswith("00:50:56:") and int(mac[9:11] or "ff", 16) <= 0x3F
    if mac.startswith("00:0c:29") and options.on("reserved-mac"):
        raise canceled(
            f"{mac} is not an allowed static Ethernet address. "
            "It conflicts with VMware reserved MACs"
        )
    if checked and not allowed and not mac.startswith("00:0c:29"):
        raise canceled(f"MAC address {mac} is not an allowed static Ethernet address")
