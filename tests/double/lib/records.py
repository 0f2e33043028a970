"""Which VMs run: one file per VM in the state folder, believed only while its process lives."""

import json
import os
import zlib

import options


def started(pid):
    """The kernel's start time of a process, so that a number used again is not mistaken; 0: gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def alive(pid, start):
    return start != 0 and started(pid) == start


def stem(vmx):
    name = f"{zlib.crc32(os.path.realpath(vmx).encode()):08x}-{os.path.basename(vmx)[:100]}"
    return os.path.join(options.state_folder(), name)


def write(vmx, **facts):
    record = {"vmx": vmx, "pid": os.getpid(), "started": started(os.getpid()), **facts}
    with open(stem(vmx) + ".part", "w", encoding="utf-8") as f:
        json.dump(record, f)
    os.replace(stem(vmx) + ".part", stem(vmx) + ".vm")


def remove(vmx):
    for suffix in (".vm", ".qmp", ".soft"):
        if os.path.exists(stem(vmx) + suffix):
            os.unlink(stem(vmx) + suffix)


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            record = json.load(f)
    except (OSError, ValueError):
        return None
    return record if alive(record["pid"], record["started"]) else None


def find(vmx):
    return read(stem(vmx) + ".vm")


def running():
    folder = options.state_folder()
    names = sorted(n for n in os.listdir(folder) if n.endswith(".vm"))
    records = [read(os.path.join(folder, n)) for n in names]
    return [r for r in records if r]


def apart(function):
    """Runs it to its end in a process that nobody's signals reach; what a Refusal said, "" for success."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = ""
        try:
            os.close(reading)
            os.setsid()
            function()
        except Exception as e:
            said = getattr(e, "said", None) or f"the vmrun double failed: {e!r}"
        finally:
            try:
                os.write(writing, said.encode())
            except BrokenPipeError:
                pass
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said
