"""virsh's commands for volumes."""

import os

from libvirtd import store
from libvirtd.store import Refused
from virsh_calls import Failed, asking, found, table, telling


def volume(o, key):
    from libvirtd import pools, volumes

    pool = None
    if o.get("pool"):
        pool = found("pool", o["pool"])[1]
        if not asking(pools.is_active, pool):
            raise Failed(f"pool '{pool}' is not active")
    try:
        return volumes, *asking(volumes.find, key, pool)
    except Refused as refused:
        raise Failed(f"failed to get vol '{key}'", str(refused)) from None


def size_of(text):
    digits = text.rstrip("bBkKmMgGtT")
    units = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
    if not digits.isdigit() or text[len(digits):].lower() not in units:
        raise Failed(f"Malformed size {text}")
    return int(digits) * units[text[len(digits):].lower()]


def list_(o):
    from libvirtd import pools, volumes

    _, pool = found("pool", o["pool"])
    try:
        return asking(lambda: (pools.need_active(pool), table(
            [[n, volumes.place(pool, n)] for n in pools.volumes(pool)]))[1])
    except Refused as refused:
        raise Failed("Failed to list volumes", str(refused)) from None


def info(o, say):
    module, pool, name = volume(o, o["vol"])
    say(f"Name:           {name}\n")
    try:
        capacity, allocation, physical = asking(module.info, pool, name)
    except Refused as refused:
        raise Failed(str(refused)) from None
    if not o.get("bytes"):
        raise Failed("virsh double: only --bytes is known")
    say(f"Type:           file\nCapacity:       {capacity} bytes\n")
    say(f"Physical:       {physical} bytes\n" if o.get("physical") else f"Allocation:     {allocation} bytes\n")


def create(o):
    from libvirtd import volumes

    _, pool = found("pool", o["pool"])
    size = size_of(o["capacity"])
    size_of(o.get("allocation", "0"))
    base = None
    try:
        if o.get("backing-vol"):
            base = base_of(pool, o["backing-vol"])
        telling(volumes.create, pool, o["name"], size, o.get("format", "raw"), base,
                o.get("backing-vol-format", "raw"))
    except Refused as refused:
        raise Failed(f"Failed to create vol {o['name']}", str(refused)) from None


def base_of(pool, key):
    from libvirtd import pools, volumes

    try:
        return asking(lambda: volumes.find(key, pool if pools.is_active(pool) else None))
    except Refused as refused:
        raise Failed(f"failed to get vol '{key}'", str(refused)) from None


def upload(o):
    module, pool, name = volume(o, o["vol"])
    try:
        fd = os.open(o["file"], os.O_RDONLY)
    except OSError:
        raise Failed(f"cannot read {o['file']}") from None
    to = store.real(module.place(pool, name))
    try:
        module.upload(fd, to)
    except OSError as error:
        raise Failed(f"cannot close volume {o['vol']}",
                     f"Unable to write {module.place(pool, name)}: {store.reason(error)}") from None


def resize(o):
    size = size_of(o["capacity"])
    module, pool, name = volume(o, o["vol"])
    try:
        telling(module.resize, pool, name, size)
    except Refused as refused:
        raise Failed(f"Failed to change size of volume '{o['vol']}' to {o['capacity']}", str(refused)) from None


def delete(o):
    module, pool, name = volume(o, o["vol"])
    try:
        telling(module.delete, pool, name)
    except Refused as refused:
        raise Failed(f"Failed to delete vol {o['vol']}", str(refused)) from None
