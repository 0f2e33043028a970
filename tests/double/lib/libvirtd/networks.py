"""Virtual networks: isolated, or with a forward that is written down only."""

import os

from . import document, links, store
from .document import Element
from .store import Refused


def load(name, folder="networks"):
    text = store.read(folder, name + ".xml")
    return text and document.parse(text, "network_definition", "network")


def all_names():
    return sorted({*store.names("networks"), *store.names("networks-on")})


def is_active(name):
    return os.path.exists(store.path("networks-on", name + ".xml"))


def current(name):
    """What runs, else the definition."""
    return load(name, "networks-on") or load(name)


def find(key):
    for name in all_names():
        if current(name).child("uuid").text == key:
            return name
    if key in all_names():
        return key
    raise Refused(f"Network not found: no network with matching name '{key}'")


def bridge_of(network):
    return network.child("bridge").get("name")


# --- definitions ------------------------------------------------------------------------------


def free_bridge():
    taken = {bridge_of(current(n)) for n in all_names()}
    return next(b for b in (f"virbr{i}" for i in range(256)) if b not in taken and not links.exists(b))


def check_addresses(name, network):
    for ip in network.all("ip"):
        address = ip.get("address") or ""
        if ip.get("family") != "ipv6" and links.number(address) is None:
            raise Refused(f"XML error: Invalid address '{address}' in network '{name}'")


def check_new(name, uuid, bridge):
    for other in all_names():
        if other != name and bridge and bridge_of(current(other)) == bridge:
            raise Refused(f"internal error: bridge name '{bridge}' already in use.")
    document.check_identity("network", name, uuid, [(n, current(n).child("uuid").text) for n in all_names()])


def normal(given, name, uuid):
    bridge = {"name": free_bridge(), "stp": "on", "delay": "0", **given.child("bridge").attributes}
    mac = given.child("mac").get("address") or document.random_mac()
    head = [Element("name", text=name), Element("uuid", text=uuid), *given.keep("metadata", "forward")]
    return Element("network", children=head + [
        Element("bridge", bridge), Element("mac", {"address": mac}), *given.keep("domain", "dns", "ip")])


def define(text):
    given = document.parse(text, "network_definition", "network")
    name = document.check_name(given.child("name").text, "missing name information")
    uuid = document.uuid_of(given, "internal error: malformed uuid element")
    check_addresses(name, given)
    check_new(name, uuid, bridge_of(given))
    store.write(document.put(normal(given, name, uuid)), "networks", name + ".xml")


def dumpxml(name, inactive):
    network = load(name) if inactive else None
    return document.put(network or current(name))


# --- power ------------------------------------------------------------------------------------


def prefix_of(ip):
    if ip.get("prefix"):
        return int(ip.get("prefix"))
    return bin(links.number(ip.get("netmask") or "255.255.255.255")).count("1")


def addresses(network):
    return [(ip.get("address"), prefix_of(ip)) for ip in network.all("ip") if ip.get("family") != "ipv6"]


def ranges(network):
    for address, prefix in addresses(network):
        mask = 0xFFFFFFFF << (32 - prefix) & 0xFFFFFFFF
        yield links.number(address) & mask, mask


def in_use():
    """(device, destination, mask) of what the host, or another network, has already."""
    yield from links.routes()
    for name in store.names("networks-on"):
        running = load(name, "networks-on")
        for network, mask in ranges(running):
            yield bridge_of(running), network, mask


def check_host(network):
    wanted = set(ranges(network))
    for device, destination, mask in in_use():
        if (destination, mask) in wanted:
            raise Refused(f"internal error: Network is already in use by interface {device}")
    if links.REAL and links.exists(bridge_of(network)):
        raise Refused(f"error creating bridge interface {bridge_of(network)}: File exists")


def start(name):
    if is_active(name):
        raise Refused("Requested operation is not valid: network is already active")
    network = load(name)
    check_host(network)
    mac = network.child("mac").get("address")
    links.make(bridge_of(network), mac, [f"{a}/{p}" for a, p in addresses(network)])
    store.write(document.put(network), "networks-on", name + ".xml")


def destroy(name):
    if not is_active(name):
        raise Refused(f"Requested operation is not valid: network '{name}' is not active")
    links.remove(bridge_of(current(name)))
    store.remove("networks-on", name + ".xml")


def undefine(name):
    """One that runs stays until it is destroyed."""
    store.remove("networks", name + ".xml")
