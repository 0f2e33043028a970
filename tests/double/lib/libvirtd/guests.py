"""What runs: a session of processes per domain, whose first is `keeper`. The domain is on as long as
that one lives; it leaves when the guest has ended, with the guest's status in `ended`.

NAME.run/live.xml   the definition that runs, with its files' paths on this host
NAME.run/started.xml  the same as it was defined
NAME.run/process    "PID START ID BOOT-REASON" of keeper; START is the kernel's, so that a number used
                    again is not mistaken
NAME.run/guest      the guest's own PID
NAME.run/ended      its status; 0 or SIGTERM: it is powered off, else it crashed
NAME.run/off        why it is off, when that was not the guest (virDomainShutoffReason)
NAME.run/paused     present: stopped by suspend"""

import _signal as signal  # the public module costs 4 ms at every start
import os
import time

from . import store
from .store import Refused

KEEPER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "keeper")
RUNNING, PAUSED, OFF = 1, 3, 5
SHUTDOWN, DESTROYED, CRASHED, FAILED = 1, 2, 3, 6
ENDED_WELL = ("0\n", "143\n")  # by itself, or by our SIGTERM


def run(name):
    return name + ".run"


def started(pid):
    """The kernel's start time of a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            fields = f.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in b"ZX" else fields[19].decode()


def process(name):
    """[pid, start, id, reason] as texts, while it lives."""
    words = (store.read("domains", run(name), "process") or "").split()
    return words if words and started(words[0]) == words[1] else None


def state(name):
    """(virDomainState, reason)"""
    words = process(name)
    if words:
        if store.read("domains", run(name), "paused") is not None:
            return PAUSED, 1
        return RUNNING, int(words[3])
    off = store.read("domains", run(name), "off")
    if off is not None:
        return OFF, int(off)
    if store.read("domains", run(name), "process") is None:
        return OFF, 0
    ended = store.read("domains", run(name), "ended")
    return OFF, SHUTDOWN if ended in ENDED_WELL else CRASHED


def next_id():
    count = int(store.read("domains", "last-id") or 0) + 1
    store.write(str(count), "domains", "last-id")
    return str(count)


def command():
    program = os.environ.get("VIRSH_DOUBLE_GUEST")
    if not program:
        return ["sleep", "infinity"]
    if not os.access(program, os.X_OK):
        raise Refused(f"virsh double: VIRSH_DOUBLE_GUEST: cannot run '{program}'")
    return [program]


def spawn(name, number):
    """The child writes its own record before it becomes the keeper: no moment without one."""
    folder, words = store.path("domains", run(name)), command()
    if os.environ.get("VIRSH_DOUBLE_GUEST"):
        words += [folder, name]
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            store.write(f"{os.getpid()} {started('self')} {number} 1", "domains", run(name), "process")
            os.execv(KEEPER, [KEEPER, folder, *words])
        finally:
            os._exit(127)
    os.close(write)
    os.read(read, 1)  # ends when the keeper is there
    os.close(read)
    while not store.read("domains", run(name), "guest") and process(name):
        time.sleep(0.001)


def start(name, live):
    folder = store.path("domains", run(name))
    number = next_id()
    live.attributes["id"] = number
    os.makedirs(folder, exist_ok=True)
    for old in ("off", "ended", "guest", "paused", "process"):
        store.remove("domains", run(name), old)
    return number


def signal_guest(name, number):
    pid = store.read("domains", run(name), "guest")
    if pid and process(name):
        try:
            os.kill(int(pid), number)
        except ProcessLookupError:
            pass


def session(leader):
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as f:
                    fields = f.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[3] == leader.encode() and fields[0] not in b"ZX":
                yield int(entry)


def kill(name):
    words = process(name)
    store.write(str(DESTROYED), "domains", run(name), "off")
    while words:
        found = list(session(words[0]))
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not found:
            return
        time.sleep(0.001)


def pause(name, on):
    words = process(name)
    for pid in session(words[0]):
        os.kill(pid, signal.SIGSTOP if on else signal.SIGCONT)
    if on:
        store.write("", "domains", run(name), "paused")
        return
    words[3] = "5"
    store.write(" ".join(words), "domains", run(name), "process")
    store.remove("domains", run(name), "paused")


def forget(name):
    for folder, folders, files in os.walk(store.path("domains", run(name)), topdown=False):
        for file in files:
            os.unlink(os.path.join(folder, file))
        os.rmdir(folder)
