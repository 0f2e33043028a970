"""A domain as libvirt keeps it: the parts of its normal form that a lab's domains have, without the
addresses, controllers and input devices that libvirt adds."""

import os

from . import document, links, networks, store
from .document import Element
from .store import Refused

DEVICES = ("emulator", "disk", "controller", "interface", "serial", "console", "video", "memballoon", "rng",
           "panic")
UNITS = {"b": 1, "bytes": 1, "KiB": 1 << 10, "k": 1 << 10, "MiB": 1 << 20, "M": 1 << 20, "GiB": 1 << 30,
         "G": 1 << 30, None: 1 << 10}


def kib(memory):
    if not memory.text.strip().isdigit() or memory.get("unit") not in UNITS:
        raise Refused("XML error: could not parse element memory")
    return str(int(memory.text) * UNITS[memory.get("unit")] >> 10)


def check_type(domain):
    kind = domain.get("type") or ""
    if kind == "qemu" or (kind == "kvm" and os.path.exists("/dev/kvm")):
        return
    if not kind:
        raise Refused("XML error: missing domain type attribute")
    raise Refused("unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support virt "
                  f"type '{kind}'")


def check_targets(domain):
    seen = {}
    for disk in domain.child("devices").all("disk"):
        dev, file = disk.child("target").get("dev"), disk.child("source").get("file")
        if dev in seen:
            raise Refused(f"XML error: target '{dev}' duplicated for disk sources '{seen[dev]}' and '{file}'")
        seen[dev] = file


def normal_device(device):
    if device.name == "interface" and not device.child("mac"):
        device.children.insert(0, Element("mac", {"address": document.random_mac()}))
    if device.name == "serial":
        target = device.child("target")
        target.attributes = {"type": "isa-serial", **target.attributes}
        target.children = [Element("model", {"name": "isa-serial"})]
    if device.name == "video" and device.child("model").get("type") == "vga":
        device.child("model").attributes.update(vram="16384", heads="1", primary="yes")
    return device


def console_log(devices):
    """The first console is the first serial port, with its log."""
    log, console = devices.child("serial", "log"), devices.child("console")
    if log and console and not console.child("log"):
        console.children.insert(0, log)


def normal(given, uuid):
    memory = Element("memory", {"unit": "KiB"}, kib(given.child("memory")))
    current = Element("currentMemory", {"unit": "KiB"}, memory.text)
    cpu = given.child("cpu")
    if cpu:
        cpu.attributes.setdefault("check", "none")
    kind = given.child("os", "type")
    if kind.get("machine") == "q35":
        kind.attributes["machine"] = "pc-q35-7.2"
    devices = given.child("devices")
    for device in devices.children:
        normal_device(device)
    others = [d for d in devices.children if d.name not in DEVICES]
    devices.children = devices.keep(*DEVICES) + others
    console_log(devices)
    rest = [c for c in given.children if c.name not in ("name", "uuid", "metadata", "memory", "currentMemory")]
    return Element("domain", {"type": given.get("type")}, children=[
        given.child("name"), Element("uuid", text=uuid), *given.keep("metadata"), memory, current, *rest])


def read(text, validate):
    """(name, uuid, element) of a document that somebody defines."""
    given = document.parse(text, "domain_definition", "domain")
    if validate:
        from . import domain_schema

        domain_schema.check(given)
    name = document.check_name(given.child("name").text, "missing name information")
    uuid = document.uuid_of(given, "XML error: malformed uuid element")
    if not given.child("os", "type"):
        raise Refused("XML error: an os <type> must be specified")
    check_type(given)
    check_targets(given)
    return name, uuid, normal(given, uuid)


def files(domain):
    """(disk, path) of those that have one."""
    return [(d, d.child("source").get("file")) for d in domain.child("devices").all("disk")
            if d.child("source").get("file")]


def attach(source):
    """What a running NIC's source says beside its network."""
    if source.get("network"):
        source.attributes["portid"] = document.uuid_of(Element(""), "")
        source.attributes["bridge"] = networks.bridge_of(networks.current(source.get("network")))


def connect(nic, given):
    """A running NIC becomes connected as the other one says."""
    source = given.child("source")
    name = source.get("network")
    if name and not networks.is_active(networks.find(name)):
        raise Refused(f"Requested operation is not valid: network '{name}' is not active")
    changes = given.get("type") != nic.get("type")
    attach(source)
    bridge = source.get("bridge")
    if changes and links.REAL:
        if not links.exists(bridge):
            raise Refused(f"operation failed: bridge {bridge} doesn't exist")
        links.plug(nic.child("target").get("dev"), bridge)
    if changes:
        nic.attributes["type"] = given.get("type")
        nic.children[nic.children.index(nic.child("source"))] = source


def make_live(domain, number):
    """Of a copy of the definition: what is known only once it runs. Paths become this host's."""
    for i, (disk, path) in enumerate(files(domain)):
        disk.child("source").attributes.update(file=store.real(path), index=str(len(files(domain)) - i))
    for i, nic in enumerate(domain.child("devices").all("interface")):
        source = nic.child("source")
        attach(source)
        at = nic.children.index(source) + 1
        nic.children.insert(at, Element("target", {"dev": f"vnet{number}{i}"}))
    for device in domain.child("devices").children:
        if device.name in ("serial", "console"):
            device.children.insert(0, Element("source", {"path": f"/dev/pts/{number}"}))
        if device.name == "console":
            device.attributes["tty"] = f"/dev/pts/{number}"
