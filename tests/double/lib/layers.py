"""What the double of a guest has written, for whoever copies its disk: files of a layer, of which the disk's
own bytes know nothing (../guest). Without GUEST_DOUBLE_DIR there are no such guests."""

import hashlib
import os
import shutil
import subprocess


PARTS = ("/upper", "/units")  # "work" and "root" are of a boot


def of(disk):
    """The layer's folder; a disk is known by path and inode."""
    name = hashlib.sha256(f"{disk} {os.stat(disk).st_ino}".encode()).hexdigest()[:16]
    return os.path.join(os.environ["GUEST_DOUBLE_DIR"], name)


def replace(source, target):
    """With its devices and attributes, by which an overlay marks what is deleted."""
    shutil.rmtree(target, ignore_errors=True)
    parts = [source + part for part in PARTS if os.path.isdir(source + part)]
    if parts:
        os.makedirs(target)
        subprocess.run(("cp", "-a", *parts, target), check=True)


def copy(disk, other):
    if "GUEST_DOUBLE_DIR" in os.environ:
        replace(of(disk), of(other))


def keep(disk, moment):
    if "GUEST_DOUBLE_DIR" in os.environ:
        replace(of(disk), of(disk) + "." + moment)


def back(disk, moment):
    if "GUEST_DOUBLE_DIR" in os.environ:
        replace(of(disk) + "." + moment, of(disk))
