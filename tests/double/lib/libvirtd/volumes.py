"""Volumes: files in an active pool's folder that libvirtd knows of."""

import os

from . import pools, qcow2, store
from .store import Refused


def place(pool, name):
    return f"{pools.folder(pool)}/{name}"


def absent(key):
    return Refused(f"Storage volume not found: no storage vol with matching path '{key}'")


def find(key, pool=None):
    """(pool, name). By name in the pool, else by path in any active one."""
    if pool and key in pools.volumes(pool):
        return pool, key
    for other in pools.all_names():
        head = pools.folder(other) + "/"
        if pools.is_active(other) and key.startswith(head) and key[len(head):] in pools.volumes(other):
            return other, key[len(head):]
    raise absent(key)


def check_new(pool, name):
    pools.need_active(pool)
    if name in pools.volumes(pool):
        raise Refused(f"storage volume '{name}' exists already")
    if "/" in name:
        raise Refused(f"Requested operation is not valid: volume name '{name}' cannot contain '/'")


def create_raw(path, size):
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.truncate(fd, size)
    os.close(fd)


def create(pool, name, size, kind, base, base_format):
    """base: (pool, name) of the volume to stand on, or None."""
    check_new(pool, name)
    path = place(pool, name)
    if os.path.lexists(store.real(path)):
        raise Refused(f"Requested operation is not valid: volume target path '{path}' already exists")
    try:
        if kind == "qcow2":
            qcow2.create(store.real(path), size, base and place(*base), base_format)
        else:
            create_raw(store.real(path), size)
    except OSError as error:
        raise Refused(f"cannot create path '{path}': {store.reason(error)}") from None
    pools.write_volumes(pool, sorted(pools.volumes(pool) + [name]))


def info(pool, name):
    """(capacity, allocation, physical) in bytes."""
    path = place(pool, name)
    try:
        there = os.stat(store.real(path))
    except FileNotFoundError:
        raise absent(path) from None
    size = qcow2.guest_size(store.real(path))
    return (there.st_size if size is None else size), there.st_blocks * 512, there.st_size


def resize(pool, name, size):
    pools.need_active(pool)
    path = store.real(place(pool, name))
    if size < info(pool, name)[0]:
        raise Refused("invalid argument: Can't shrink capacity below current capacity unless shrink flag "
                      "explicitly specified")
    if qcow2.guest_size(path) is None:
        os.truncate(path, size)
    else:
        if qcow2.snapshots(path):
            raise Refused(f"internal error: Child process (/usr/bin/qemu-img resize {place(pool, name)} {size}) "
                          "unexpected exit status 1: qemu-img: Can't resize a v2 image which has snapshots\n")
        qcow2.grow(path, size)


def delete(pool, name):
    pools.need_active(pool)
    try:
        os.unlink(store.real(place(pool, name)))
    except FileNotFoundError:
        pass
    pools.write_volumes(pool, [n for n in pools.volumes(pool) if n != name])


CHUNK = 1 << 18  # of a stream


def upload(fd, to):
    """Of one that is written at once libvirtd 9.0 does not hear that the disk is full: it calls it good."""
    size = os.fstat(fd).st_size
    try:
        write(fd, to, size)
    except OSError:
        os.truncate(to, size)
        if size > CHUNK:
            raise


def write(fd, to, size):
    """Not under the lock, and in virsh's own process: it takes long, and dies with virsh half done."""
    at, out = 0, os.open(to, os.O_WRONLY)
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        hole = os.lseek(fd, at, os.SEEK_HOLE)
        os.lseek(fd, at, os.SEEK_SET)
        while at < hole:
            block = os.read(fd, min(1 << 20, hole - at))
            if not block:
                break
            at += os.pwrite(out, block, at)
    if os.fstat(out).st_size < size:
        os.truncate(out, size)
    os.close(out)
