"""Disks on top of images, as qemu-img makes them: version 3, clusters of 64 KiB, nothing in them."""

import os
import struct

CLUSTER, MAGIC = 65536, b"QFI\xfb"
HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
BACKING_FORMAT = 0xE2792ACA


def guest_size(path):
    """Of the disk inside; None when it is not qcow2."""
    with open(path, "rb") as f:
        head = f.read(32)
    return struct.unpack_from(">Q", head, 24)[0] if len(head) == 32 and head[:4] == MAGIC else None


def snapshots(path):
    """How many it has."""
    with open(path, "rb") as f:
        return HEADER.unpack(f.read(HEADER.size))[12]


def backing(path):
    """The path of what it stands on; None when there is nothing or it is not qcow2."""
    with open(path, "rb") as f:
        head = f.read(20)
        if len(head) < 20 or head[:4] != MAGIC:
            return None
        offset, length = struct.unpack_from(">QI", head, 8)
        f.seek(offset)
        return f.read(length).decode() if offset else None


def entries(size):
    """Of the first-level table: each stands for one cluster full of second-level entries."""
    return max(1, -(-size // (CLUSTER * CLUSTER // 8)))


def create(path, size, base=None, base_format="qcow2"):
    """Header, table of reference counts, one block of them, first-level table: a cluster each."""
    extensions = b""
    if base:
        padded = base_format.encode().ljust(8, b"\0")
        extensions = struct.pack(">II", BACKING_FORMAT, len(base_format)) + padded
    extensions += bytes(8)
    name = (base or "").encode()
    at = 104 + len(extensions) if base else 0
    head = HEADER.pack(MAGIC, 3, at, len(name), 16, size, 0, entries(size), 3 * CLUSTER, CLUSTER, 1, 0, 0)
    head += struct.pack(">QQQII", 0, 0, 0, 4, 104) + extensions + name
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b") as f:
        f.write(head)
        f.seek(CLUSTER)
        f.write(struct.pack(">Q", 2 * CLUSTER))
        f.seek(2 * CLUSTER)
        f.write(struct.pack(">H", 1) * (3 + -(-entries(size) * 8 // CLUSTER)))
        f.truncate(3 * CLUSTER + 8 * entries(size))


def grow(path, size):
    """A longer first-level table goes behind everything else; the place of the old one is free."""
    with open(path, "r+b") as f:
        fields = list(HEADER.unpack(f.read(HEADER.size)))
        old, place = fields[7], fields[8]
        if entries(size) > old:
            f.seek(place)
            table = f.read(8 * old).ljust(8 * entries(size), b"\0")
            fresh = -(-os.fstat(f.fileno()).st_size // CLUSTER) * CLUSTER
            for cluster, count in ((fresh // CLUSTER, 1), (place // CLUSTER, 0)):
                f.seek(2 * CLUSTER + 2 * cluster)
                f.write(struct.pack(">H", count))
            f.seek(fresh)
            f.write(table)
            fields[7:9] = [entries(size), fresh]
        fields[5] = size
        f.seek(0)
        f.write(HEADER.pack(*fields))
