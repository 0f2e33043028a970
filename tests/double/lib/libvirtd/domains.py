"""Domains: definitions, and what `guests` runs of them."""

import _signal as signal
import os

from . import document, domain_xml, guests, networks, qcow2, store
from .store import Refused


def all_names():
    running = [n for n in store.names("domains", ".run") if guests.process(n)]
    return sorted({*store.names("domains"), *running})


def is_active(name):
    return guests.process(name) is not None


def load(name):
    text = store.read("domains", name + ".xml")
    return text and document.parse(text, "domain_definition", "domain")


def load_live(name):
    text = store.read("domains", guests.run(name), "live.xml")
    return document.parse(text, "domain_definition", "domain")


def current(name):
    return load_live(name) if is_active(name) else load(name)


def uuid(name):
    return (load(name) or load_live(name)).child("uuid").text


def find(key):
    """virsh takes a number, then a UUID, then a name."""
    known = all_names()
    if key.isdigit():
        for name in known:
            if (guests.process(name) or [0, 0, 0])[2] == key:
                return name
    if len(key.replace("-", "")) == 32:
        for name in known:
            if uuid(name) == key.lower():
                return name
    if key in known:
        return key
    raise Refused("")


def need_active(name):
    if not is_active(name):
        raise Refused("Requested operation is not valid: domain is not running")


def define(text, validate):
    name, new_uuid, domain = domain_xml.read(text, validate)
    document.check_identity("domain", name, new_uuid, [(n, uuid(n)) for n in all_names()])
    store.write(document.put(domain), "domains", name + ".xml")


def undefine(name):
    """One that runs stays until it ends. What snapshots left in its disks stays there."""
    from . import moments, saves

    moments.forget(name)
    saves.remove(name)
    store.remove("domains", name + ".xml")
    if not is_active(name):
        guests.forget(name)


def dumpxml(name, inactive):
    """Of a transient domain's inactive form, what runs."""
    if not is_active(name):
        return store.read("domains", name + ".xml")
    if inactive:
        return store.read("domains", name + ".xml") or store.read("domains", guests.run(name), "started.xml")
    return store.read("domains", guests.run(name), "live.xml").replace(f"'{store.ROOT}/", "'/")


# --- power ------------------------------------------------------------------------------------


def check_networks(domain):
    for nic in domain.child("devices").all("interface"):
        name = nic.child("source").get("network")
        if name and not networks.is_active(networks.find(name)):
            raise Refused(f"Requested operation is not valid: network '{name}' is not active")


def check_bridges(domain):
    """Of networks only where they are made at all."""
    from . import links

    for nic in domain.child("devices").all("interface"):
        source = nic.child("source")
        bridge = source.get("bridge")
        if source.get("network") and links.REAL:
            bridge = networks.bridge_of(networks.current(source.get("network")))
        if bridge and not links.exists(bridge):
            raise Refused(f"Cannot get interface MTU on '{bridge}': No such device")


def check_file(path, above=None):
    real = store.real(path)
    if not os.path.isfile(real):
        if above:
            raise Refused(f"Cannot access backing file '{path}' of storage file '{above}' (as uid:64055, "
                          "gid:64055): No such file or directory")
        raise Refused(f"Cannot access storage file '{path}': No such file or directory")
    base = qcow2.backing(real)
    if base:
        check_file(base, path)


def check_disks(name, domain):
    taken = set()
    for other in all_names():
        if other != name and is_active(other):
            taken |= {path for disk, path in domain_xml.files(load_live(other)) if not disk.child("readonly")}
    for disk, path in reversed(domain_xml.files(domain)):
        check_file(path)
        if store.real(path) in taken:
            raise Refused("internal error: process exited while connecting to monitor: qemu-system-x86_64: "
                          f'Failed to get "write" lock\nIs another process using the image [{path}]?')


def open_logs(domain):
    for port in domain.child("devices").all("serial"):
        path = port.child("log").get("file")
        try:
            if path:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        except OSError as error:
            raise Refused(f"Unable to open file: {path}: {store.reason(error)}") from None


def start(name):
    if is_active(name):
        raise Refused("Requested operation is not valid: domain is already running")
    domain = load(name)
    number = guests.start(name, domain)
    try:
        check_networks(domain)
        check_disks(name, domain)
        check_bridges(domain)
        open_logs(domain)
        store.write(store.read("domains", name + ".xml"), "domains", guests.run(name), "started.xml")
        store.remove("domains", name + ".saved")  # it goes on from there
        domain_xml.make_live(domain, number)
        store.write(document.put(domain), "domains", guests.run(name), "live.xml")
        guests.spawn(name, number)
    except Refused:
        store.write(str(guests.FAILED), "domains", guests.run(name), "off")
        raise


def update_device(name, text):
    """A NIC of what runs. As in qemuDomainChangeNet of libvirt 9.0, its bridge is looked at only when it
    says another connection than before."""
    need_active(name)
    given = document.parse(text, "interface_definition", "interface")
    live, mac = load_live(name), given.child("mac").get("address")
    for nic in live.child("devices").all("interface"):
        if nic.child("mac").get("address") == mac:
            break
    else:
        raise Refused("device not found: no device found at address '(<null>)' matching MAC address "
                      f"'{mac}' and alias '(<null>)'")
    domain_xml.connect(nic, given)
    store.write(document.put(live), "domains", guests.run(name), "live.xml")


def shutdown(name):
    need_active(name)
    guests.signal_guest(name, signal.SIGTERM)


def destroy(name):
    need_active(name)
    guests.kill(name)
    if load(name) is None:
        guests.forget(name)


def suspend(name):
    need_active(name)
    if guests.state(name)[0] != guests.PAUSED:
        guests.pause(name, True)


def resume(name):
    need_active(name)
    if guests.state(name)[0] != guests.PAUSED:
        raise Refused("Requested operation is not valid: domain is already running")
    guests.pause(name, False)
