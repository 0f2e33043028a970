"""How VMware rewrites a VMX: from memory, at power-on and after exit, with keys of its own."""

import os
import re

import dictionary
import inspection
import options
import questions

# As Workstation spells them when it saves; only under the option recase.
SPELLINGS = {
    "numvcpus": "numVCPUs",
    "memsize": "memSize",
    "displayname": "displayname",
    "guestos": "guestos",
    "disk.enableuuid": "disk.enableUUID",
    "bios.bootorder": "bios.bootorder",
}

# Added at the first power-on, whatever the hardware.
ADDED = (
    ("vmxstats.filename", "{stem}.scoreboard"),
    ("numa.autosize.cookie", "20012"),
    ("numa.autosize.vcpu.maxPerVirtualNode", "{cpus}"),
    ("cpuid.coresPerSocket.cookie", "{cores}"),
    ("monitor.phys_bits_used", "45"),
    ("vmotion.checkpointFBSize", "4194304"),
    ("vmotion.checkpointSVGAPrimarySize", "268435456"),
    ("vmotion.svga.mobMaxSize", "268435456"),
    ("svga.vramSize", "268435456"),
    ("toolsInstallManager.lastInstallError", "0"),
    ("toolsInstallManager.updateCounter", "1"),
    ("tools.remindInstall", "FALSE"),
    ("migrate.hostlog", "./{stem}-0a1b2c3d.hlog"),
    ("hpet0.present", "TRUE"),
    ("checkpoint.vmState", ""),
)


def uuid_bytes(d):
    return bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", d.get("uuid.bios")))


def set_identity(d, vmx):
    place = questions.location(vmx)
    rolled = questions.moved(d, vmx) and d.get("uuid.action") == "create"
    if d.get("uuid.bios") is None or rolled:
        d.set("uuid.bios", place)
    d.set("uuid.location", place)
    raw = uuid_bytes(d)
    d.set("vmci0.id", str(int.from_bytes(raw[-4:], "big", signed=True)))
    for i, nic in enumerate(inspection.nics(d)):
        if d.get(f"{nic}.addressType", "generated") == "generated":
            last = raw[-3:-1] + bytes([(raw[-1] + 10 * i) & 0xFF])
            mac = ":".join(f"{b:02x}" for b in b"\x00\x0c\x29" + last)
            d.set(f"{nic}.generatedAddress", mac)
            d.set(f"{nic}.generatedAddressOffset", str(10 * i))


def set_slots(d):
    slots = {"pciBridge0": 17, "pciBridge4": 21, "pciBridge5": 22, "pciBridge6": 23,
             "pciBridge7": 24, "scsi0": 160, "sata0": 36, "nvme0": 224, "vmci0": 35}
    slots.update({n: 192 + 32 * i for i, n in enumerate(inspection.nics(d))})
    for device, slot in slots.items():
        if d.boolean(f"{device}.present", False):
            d.default(f"{device}.pciSlotNumber", str(slot))


def at_start(d, vmx):
    stem = os.path.splitext(os.path.basename(vmx))[0]
    d.default("nvram", f"{stem}.nvram")
    d.default("extendedConfigFile", f"{stem}.vmxf")
    d.default("virtualHW.productCompatibility", "hosted")
    set_identity(d, vmx)
    set_slots(d)
    for slot in inspection.disks(d):
        d.default(f"{slot}.redo", "")
    facts = {"stem": stem, "cpus": d.get("numvcpus", "1"),
             "cores": d.get("cpuid.coresPerSocket", "1")}
    for name, value in ADDED:
        d.default(name, value.format(**facts))
    d.set("cleanShutdown", "FALSE")
    d.set("softPowerOff", "FALSE")
    save(d, vmx)


def at_exit(d, vmx, soft):
    d.set("cleanShutdown", "TRUE")
    d.set("softPowerOff", "TRUE" if soft else "FALSE")
    d.default("guestInfo.detailed.data", "architecture='X86' bitness='64'")
    save(d, vmx)


def spell(name):
    if not options.on("recase"):
        return name
    if name.lower() in SPELLINGS:
        return SPELLINGS[name.lower()]
    device, dot, key = name.rpartition(".")
    return f"{device}{dot}{key.lower()}" if ":" in device else name


def save(d, vmx):
    """In place, as VMware does, with the old text left beside it."""
    if options.on("no-rewrite"):
        return
    declared = options.value("codepage", "UTF-8")
    lines = [x for x in d.lines if x[0] is None or x[0].lower() != ".encoding"]
    at = 1 if lines and lines[0][0] is None and lines[0][1].startswith("#!") else 0
    d.lines = lines[:at] + [(".encoding", declared)] + lines[at:]
    data = d.text(options.on("crlf"), dictionary.python_encoding(declared), spell)
    with open(vmx, "rb") as f:
        before = f.read()
    with open(vmx + "~", "wb") as f:
        f.write(before)
    with open(vmx, "wb") as f:
        f.write(data)
