"""What the commands of virsh share: asking and telling libvirtd, finding what a name means, tables."""

import os

from libvirtd import store
from libvirtd.store import Refused


class Failed(Exception):
    """Lines behind "error: ", of which an empty one is left out."""


def asking(function, *args):
    with store.locked(False):
        return function(*args)


def telling(function, *args):
    """As libvirtd does: once asked, it finishes, whatever becomes of virsh. Hence a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            silence = os.open("/dev/null", os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(silence, fd)
            with store.locked(True):
                prune()
                function(*args)
            answer = "+"
        except Refused as refused:
            answer = "-" + str(refused)
        except BaseException as error:  # a defect of the double
            import traceback

            answer = "!" + "".join(traceback.format_exception(error))
        finally:
            os.write(write, answer.encode())
            os._exit(status)
    os.close(write)
    with open(read, encoding="utf-8") as f:
        answer = f.read()
    os.waitpid(pid, 0)
    if answer.startswith("-"):
        raise Refused(answer[1:])
    if answer != "+":
        raise Refused("Disconnected from qemu:///system due to end of file\n" + answer)


def prune():
    """Domains without a definition are gone once they have ended."""
    names = os.listdir(store.path("domains"))
    for name in (n[:-4] for n in names if n.endswith(".run")):
        if name + ".xml" not in names:
            from libvirtd import guests

            if not guests.process(name):
                guests.forget(name)


def found(kind, key):
    """The name of a domain, network or pool."""
    if kind == "domain":
        from libvirtd import domains as module
    elif kind == "network":
        from libvirtd import networks as module
    else:
        from libvirtd import pools as module
    try:
        return module, asking(module.find, key)
    except Refused as refused:
        raise Failed(f"failed to get {kind} '{key}'", str(refused)) from None


def still(kind, module, verb, name, *args):
    """Somebody may have removed it since it was found."""
    if name not in module.all_names():
        what = "storage pool" if kind == "pool" else kind
        raise Refused(f"{what.capitalize()} not found: no {what} with matching name '{name}'")
    return getattr(module, verb)(name, *args)


def dump(o, kind, *args):
    module, name = found(kind, o[kind])
    return asking(still, kind, module, "dumpxml", name, *args)


def act(o, verb, kind, said, quoted=False):
    key = o[kind]
    module, name = found(kind, key)
    try:
        telling(still, kind, module, verb, name)
    except Refused as refused:
        raise Failed(f"Failed to {said} " + (f"'{key}'" if quoted else key), str(refused)) from None


def lines(names):
    return "".join(n + "\n" for n in names)


def table(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))] if rows else []
    return lines(" " + "   ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in rows)
