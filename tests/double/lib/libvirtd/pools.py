"""Storage pools of type dir. What is in an active one, libvirtd remembers from its last look."""

import os

from . import document, store
from .document import Element
from .store import Refused


def load(name):
    return document.parse(store.read("pools", name + ".xml"), "storage_pool_definition", "pool")


def all_names():
    return store.names("pools")


def is_active(name):
    return os.path.exists(store.path("pools-on", name))


def folder(name):
    return load(name).child("target", "path").text


def find(key):
    """virsh takes a name first, for pools, then a UUID."""
    if key in all_names():
        return key
    for name in all_names():
        if load(name).child("uuid").text == key:
            return name
    raise Refused(f"Storage pool not found: no storage pool with matching name '{key}'")


def need_active(name):
    if not is_active(name):
        raise Refused(f"Requested operation is not valid: storage pool '{name}' is not active")


def need_inactive(name, how):
    if is_active(name):
        raise Refused(f"Requested operation is not valid: storage pool '{name}' is {how} active")


def check_new(name, uuid, place):
    document.check_identity("pool", name, uuid, [(n, load(n).child("uuid").text) for n in all_names()])
    for other in all_names():
        if other != name and os.path.normpath(folder(other)) == os.path.normpath(place):
            raise Refused(f"operation failed: Storage source conflict with pool: '{other}'")


def define(text):
    given = document.parse(text, "storage_pool_definition", "pool")
    if given.get("type") != "dir":
        raise Refused(f"XML error: unknown storage pool type {given.get('type')}")
    name = document.check_name(given.child("name").text, "XML error: missing pool source name element")
    uuid = document.uuid_of(given, "XML error: malformed uuid element")
    place = given.child("target", "path").text
    if not place:
        raise Refused("XML error: missing storage pool target path")
    check_new(name, uuid, place)
    mode = given.child("target", "permissions", "mode")
    target = [Element("path", text=place)]
    if mode:
        target.append(Element("permissions", children=[Element("mode", text=mode.text)]))
    pool = Element("pool", {"type": "dir"}, children=[
        Element("name", text=name), Element("uuid", text=uuid), Element("source"),
        Element("target", children=target)])
    store.write(document.put(pool), "pools", name + ".xml")
    return name


def dumpxml(name):
    pool, sizes = load(name), (0, 0, 0)
    if is_active(name):
        there = os.statvfs(store.real(folder(name)))
        unit = there.f_frsize
        sizes = (there.f_blocks * unit, (there.f_blocks - there.f_bfree) * unit, there.f_bfree * unit)
        permissions = pool.child("target", "permissions")
        if not permissions:
            permissions = Element("permissions", children=[Element("mode", text="0711")])
            pool.child("target").children.append(permissions)
        permissions.children.append(Element("owner", text=str(os.getuid())))
        permissions.children.append(Element("group", text=str(os.getgid())))
    facts = [Element(n, {"unit": "bytes"}, str(s))
             for n, s in zip(("capacity", "allocation", "available"), sizes)]
    pool.children[2:2] = facts
    return document.put(pool)


def build(name):
    need_inactive(name, "already")
    mode = load(name).child("target", "permissions", "mode").text or "0711"
    place = store.real(folder(name))
    try:
        os.makedirs(place, exist_ok=True)
        os.chmod(place, int(mode, 8))
    except OSError as error:
        raise Refused(f"cannot create path '{folder(name)}': {store.reason(error)}") from None


def look(name):
    place = folder(name)
    try:
        found = [e.name for e in os.scandir(store.real(place)) if e.is_file()]
    except OSError as error:
        raise Refused(f"cannot open directory '{place}': {store.reason(error)}") from None
    write_volumes(name, sorted(n for n in found if not n.startswith(".")))


def volumes(name):
    return (store.read("pools-on", name) or "").split("\n")[:-1]


def write_volumes(name, found):
    store.write("".join(n + "\n" for n in found), "pools-on", name)


def start(name):
    need_inactive(name, "already")
    look(name)


def refresh(name):
    need_active(name)
    try:
        look(name)
    except Refused:
        store.remove("pools-on", name)
        raise


def destroy(name):
    need_active(name)
    store.remove("pools-on", name)


def delete(name):
    need_inactive(name, "still")
    try:
        os.rmdir(store.real(folder(name)))
    except OSError as error:
        raise Refused(f"failed to remove pool '{folder(name)}': {store.reason(error)}") from None


def undefine(name):
    need_inactive(name, "still")
    store.remove("pools", name + ".xml")
