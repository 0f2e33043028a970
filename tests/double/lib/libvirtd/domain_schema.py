"""What `define --validate` takes: of libvirt's schema the part that a lab's domains are written in. What
is not in it is refused, although libvirt knows more."""

from .store import Refused

WORD, NUMBER, PATH, UUID, MAC = "word", "number", "path", "uuid", "mac"
ON = ("on", "off")
YES = ("yes", "no")
HEX = "0123456789abcdefABCDEF"

# element: (attributes, children); a text's kind stands for the children.
SCHEMA = {
    "domain": ({"type": WORD}, "name uuid metadata memory currentMemory vcpu os features cpu clock on_poweroff "
               "on_reboot on_crash pm devices"),
    "memory": ({"unit": ("b", "bytes", "KiB", "MiB", "GiB")}, NUMBER),
    "currentMemory": ({"unit": ("b", "bytes", "KiB", "MiB", "GiB")}, NUMBER),
    "vcpu": ({"placement": ("static", "auto")}, NUMBER),
    "os": ({}, "type boot"),
    "os/type": ({"arch": WORD, "machine": WORD}, WORD),
    "boot": ({"dev": ("hd", "cdrom", "network", "fd")}, ""),
    "features": ({}, "acpi apic pae"),
    "cpu": ({"mode": ("host-passthrough", "host-model", "maximum", "custom"), "check": WORD}, ""),
    "clock": ({"offset": ("utc", "localtime")}, "timer"),
    "timer": ({"name": WORD, "tickpolicy": ("delay", "catchup", "merge", "discard"), "present": YES}, ""),
    "on_poweroff": ({}, WORD), "on_reboot": ({}, WORD), "on_crash": ({}, WORD),
    "pm": ({}, "suspend-to-mem suspend-to-disk"),
    "suspend-to-mem": ({"enabled": YES}, ""), "suspend-to-disk": ({"enabled": YES}, ""),
    "devices": ({}, "emulator disk controller interface serial console video memballoon rng panic"),
    "emulator": ({}, PATH),
    "disk": ({"type": ("file", "block"), "device": ("disk", "cdrom")},
             "driver source target readonly shareable"),
    "driver": ({"name": ("qemu",), "type": ("raw", "qcow2", "vmdk"), "discard": ("unmap", "ignore")}, ""),
    "disk/source": ({"file": PATH}, ""),
    "disk/target": ({"dev": WORD, "bus": ("virtio", "scsi", "sata", "ide", "usb")}, ""),
    "controller": ({"type": ("usb", "scsi", "pci", "sata"), "index": NUMBER, "model": WORD}, ""),
    "interface": ({"type": ("network", "bridge")}, "mac source model"),
    "mac": ({"address": MAC}, ""),
    "interface/source": ({"network": WORD, "bridge": WORD}, ""),
    "interface/model": ({"type": WORD}, ""),
    "serial": ({"type": ("pty",)}, "log target"), "console": ({"type": ("pty",)}, "log target"),
    "log": ({"file": PATH, "append": ON}, ""),
    "serial/target": ({"type": WORD, "port": NUMBER}, ""),
    "console/target": ({"type": WORD, "port": NUMBER}, ""),
    "video": ({}, "model"), "video/model": ({"type": WORD}, ""),
    "memballoon": ({"model": WORD}, ""),
    "rng": ({"model": WORD}, "backend"), "backend": ({"model": WORD}, PATH),
    "panic": ({"model": ("isa", "pseries", "hyperv", "s390")}, ""),
    "name": ({}, WORD), "uuid": ({}, UUID),
    **{empty: ({}, "") for empty in ("acpi", "apic", "pae", "readonly", "shareable")},
}
ONCE = ("name", "uuid", "metadata", "memory", "vcpu", "os", "devices", "source", "target", "mac", "model")


def fits(kind, text):
    if isinstance(kind, tuple):
        return text in kind
    if kind == NUMBER:
        return text.isdigit()
    if kind == PATH:
        return text.startswith("/")
    if kind == UUID:
        digits = text.strip().replace("-", "")
        return len(digits) == 32 and not digits.strip(HEX)
    if kind == MAC:
        parts = text.split(":")
        return len(parts) == 6 and all(len(p) == 2 and not p.strip(HEX) for p in parts)
    return bool(text.strip()) and "\n" not in text.strip()


def refuse(element):
    raise Refused("XML document failed to validate against schema: Unable to validate doc against "
                  f"/usr/share/libvirt/schemas/domain.rng\nElement {element.name} failed to validate content\n")


def check(element, parent=None):
    if element.name == "metadata":
        return
    rule = SCHEMA.get(f"{parent}/{element.name}") or SCHEMA.get(element.name)
    if not rule:
        refuse(element)
    attributes, children = rule
    for name, value in element.attributes.items():
        if name not in attributes or not fits(attributes[name], value):
            refuse(element)
    if children in (WORD, NUMBER, PATH, UUID):
        if element.children or not fits(children, element.text):
            refuse(element)
        return
    allowed = children.split()
    counts = {}
    for child in element.children:
        counts[child.name] = counts.get(child.name, 0) + 1
        if child.name not in allowed or (child.name in ONCE and counts[child.name] > 1):
            refuse(child)
        check(child, element.name)
    if element.text.strip():
        refuse(element)
