"""The double's state: files below VIRSH_DOUBLE_DIR, changed by rename, under one lock.

lock                    flocked: shared by who looks, alone by who changes
domains/NAME.xml        definition
domains/NAME.run/       what runs or ran: live.xml, process, guest, ended (guests.py)
domains/NAME.saved      its memory is kept (saves.py)
domains/NAME.moments/   definitions at the time of its snapshots (moments.py)
networks/NAME.xml       definition; networks-on/NAME.xml: what runs
pools/NAME.xml          definition; pools-on/NAME: active, with the names of its volumes
root/PATH               the host's file PATH, as libvirtd sees it: pools' folders and volumes"""

import fcntl
import os


class Refused(Exception):
    """What libvirtd answers; virsh writes it behind "error: "."""


FOLDER = os.environ.get("VIRSH_DOUBLE_DIR", "")
ROOT = FOLDER + "/root"


def prepare():
    """root comes last: where it is, all are."""
    for name in ("domains", "networks", "networks-on", "pools", "pools-on", "root"):
        os.makedirs(f"{FOLDER}/{name}", mode=0o711, exist_ok=True)


class locked:
    """with locked(alone): nobody else changes anything. Ends with the process, however that ends."""

    def __init__(self, alone):
        self.how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH

    def __enter__(self):
        if not os.path.isdir(ROOT):
            prepare()
        self.fd = os.open(FOLDER + "/lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.fd, self.how)

    def __exit__(self, *_):
        os.close(self.fd)


def path(*names):
    return "/".join((FOLDER, *names))


def real(name):
    """Where a path of libvirtd's host is on this one."""
    return name if name.startswith(ROOT + "/") else ROOT + os.path.normpath("/" + name.lstrip("/"))


def names(kind, suffix=".xml"):
    return sorted(n[: len(n) - len(suffix)] for n in os.listdir(path(kind)) if n.endswith(suffix))


def read(*where):
    """None when there is no such file."""
    try:
        with open(path(*where), encoding="utf-8", newline="") as f:
            return f.read()
    except FileNotFoundError:
        return None


def write(text, *where):
    to = path(*where)
    with open(to + ".part", "w", encoding="utf-8", newline="") as f:
        f.write(text)
    os.rename(to + ".part", to)


def remove(*where):
    try:
        os.unlink(path(*where))
    except FileNotFoundError:
        pass


def reason(error):
    return os.strerror(error.errno)
