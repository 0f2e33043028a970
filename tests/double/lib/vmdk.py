"""What VMware looks at before it opens a VMDK for writing."""

import os
import re

from refusal import Refusal, canceled

WRITABLE = ("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat")


def descriptor(path):
    """The text descriptor, alone or inside a sparse file."""
    with open(path, "rb") as f:
        head = f.read(512)
        if head[:4] != b"KDMV":
            f.seek(0)
            return f.read(65536).decode("utf-8", "replace")
        offset = int.from_bytes(head[28:36], "little") * 512
        size = int.from_bytes(head[36:44], "little") * 512
        if int.from_bytes(head[4:8], "little") == 3 or offset == 0:
            raise canceled(f"{path}: a streamOptimized disk cannot be opened for writing")
        f.seek(offset)
        return f.read(min(size, 1 << 20)).split(b"\0")[0].decode("utf-8", "replace")


def replace_descriptor(path, text):
    """Of a sparse file with the descriptor inside it."""
    with open(path, "r+b") as f:
        head = f.read(512)
        size = int.from_bytes(head[36:44], "little") * 512
        data = text.encode()
        assert head[:4] == b"KDMV" and len(data) <= size
        f.seek(int.from_bytes(head[28:36], "little") * 512)
        f.write(data.ljust(size, b"\0"))


def field(text, name):
    match = re.search(rf"^{name}[ \t]*=[ \t]*\"?([^\"\r\n]*)", text, re.MULTILINE)
    return match[1] if match else None


def check(path, missing):
    """Raises a Refusal unless VMware would power on with this disk."""
    if not os.path.isfile(path):
        raise missing(path)
    text = descriptor(path)
    if not text.startswith("# Disk DescriptorFile"):
        raise canceled(f"{path}: the file specified is not a virtual disk")
    kind = field(text, "createType")
    if kind not in WRITABLE:
        raise canceled(f"{path}: a {kind} disk cannot be opened for writing")
    for extent in re.findall(r'^(?:RW|RDONLY) \d+ \w+ "([^"]*)"', text, re.MULTILINE):
        if not os.path.isfile(os.path.join(os.path.dirname(path), extent)):
            raise missing(extent)
    check_parent(path, text, missing)


def check_parent(path, text, missing):
    hint = field(text, "parentFileNameHint")
    if not hint:
        return
    parent = os.path.join(os.path.dirname(path), hint)
    if not os.path.isfile(parent):
        raise missing(parent)
    # QEMU leaves out zeros in front
    if int(field(descriptor(parent), "CID"), 16) != int(field(text, "parentCID"), 16):
        raise canceled("The parent virtual disk has been modified since the child was created")


def missing_as(said):
    """said: "canceled", or the usual words."""
    if said == "canceled":
        return lambda path: canceled(f"Cannot open the disk '{path}': file not found")
    return lambda path: Refusal("A file was not found", f"Cannot open the disk '{path}'")
