"""VMware's locks: a folder FILE.lck with a member M#####.lck of 512 bytes that names its holder, as
"MACHINE PID-START(NAME) NUMBER X" (open-vm-tools, lib/file/fileLockPrimitive.c, fileLockPosix.c). A
member whose process is gone is stale and is taken over; one that does not say whose it is, is not."""

import os
import random
import re

import records
from refusal import Refusal


def folder_of(path):
    return path + ".lck"


def holder(member):
    try:
        with open(member, encoding="ascii") as f:
            match = re.match(r"\S+ (\d+)-(\d+)", f.read())
    except OSError:
        return None
    return (int(match[1]), int(match[2])) if match else (0, 0)


def is_held(path):
    folder = folder_of(path)
    if not os.path.isdir(folder):
        return False
    for name in os.listdir(folder):
        who = holder(os.path.join(folder, name)) if name.startswith("M") else None
        if who == (0, 0) or (who and records.alive(*who)):
            return True
    return False


def take(paths):
    for path in paths:
        if is_held(path):
            raise Refusal("The file is already in use", f"{folder_of(path)} is held")
    for path in paths:
        folder = folder_of(path)
        clear(folder)
        os.makedirs(folder, exist_ok=True)
        member = os.path.join(folder, f"M{random.randrange(10000, 99999)}.lck")
        with open(member, "w", encoding="ascii") as f:
            pid = os.getpid()
            holder_is = f"uuid=vmrun-double {pid}-{records.started(pid)}(vmrun-double) 0 X [ lc=1"
            f.write(holder_is.ljust(512, "\0"))


def clear(folder):
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))


def drop(paths):
    for path in paths:
        clear(folder_of(path))
        if os.path.isdir(folder_of(path)):
            os.rmdir(folder_of(path))
