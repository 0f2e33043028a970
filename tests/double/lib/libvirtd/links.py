"""The bridges of networks. With VIRSH_DOUBLE_NET=real they are made, in a network namespace of the
test's own; otherwise they are only recorded, and nothing is seen of the host's network."""

import os

from .store import Refused

REAL = os.environ.get("VIRSH_DOUBLE_NET") == "real"


def number(address):
    parts = address.split(".")
    if len(parts) != 4 or not all(p.isdigit() and int(p) < 256 for p in parts):
        return None
    return sum(int(p) << (24 - 8 * i) for i, p in enumerate(parts))


def exists(name):
    """/sys would tell of the network namespace that it was mounted in."""
    with open("/proc/net/dev", encoding="ascii") as f:
        return any(line.split(":")[0].strip() == name for line in f)


def routes():
    """(device, destination, mask) of this host's IPv4 routes."""
    if not REAL:
        return []
    with open("/proc/net/route", encoding="ascii") as f:
        lines = [line.split() for line in f.readlines()[1:]]
    return [(w[0], swapped(w[1]), swapped(w[7])) for w in lines]


def swapped(text):
    return int.from_bytes(bytes.fromhex(text), "little")


def check_namespace():
    try:
        ours, first = os.readlink("/proc/self/ns/net"), os.readlink("/proc/1/ns/net")
    except OSError:
        return
    if ours == first and os.getpid() != 1 and not os.environ.get("LABCTL_SANDBOX"):
        raise Refused("virsh double: VIRSH_DOUBLE_NET=real is for a network namespace (unshare -n)")


def ip(lines):
    """One process for all of it; lines as of ip's -batch."""
    read, write = os.pipe()
    os.write(write, "".join(line + "\n" for line in lines).encode())
    os.close(write)
    program = next((p for p in ("/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip") if os.path.exists(p)), "ip")
    pid = os.posix_spawn(program, ["ip", "-batch", "-"], os.environ,
                         file_actions=[(os.POSIX_SPAWN_DUP2, read, 0)])
    os.close(read)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def make(bridge, mac, addresses):
    """addresses: ADDRESS/PREFIX."""
    if not REAL:
        return
    check_namespace()
    lines = [f"link add {bridge} address {mac} type bridge"]
    lines += [f"address add {a} broadcast + dev {bridge}" for a in addresses]
    if ip(lines + [f"link set {bridge} up"]) != 0:
        remove(bridge)
        raise Refused(f"error creating bridge interface {bridge}: Operation not permitted")


def remove(bridge):
    if REAL and exists(bridge):
        ip([f"link delete {bridge}"])


def plug(tap, bridge):
    """One that is not there has no guest that would use it."""
    if exists(tap):
        ip([f"link set {tap} master {bridge}"])
