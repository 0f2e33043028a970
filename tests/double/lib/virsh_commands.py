"""The commands of virsh 9.0 that the double knows: those that labctl uses, and a few for people."""

import os

from libvirtd import store
from libvirtd.store import Refused
from virsh_words import Wrong

CONNECTION = "qemu:///system"
STATES = {1: "running", 3: "paused", 5: "shut off"}
REASONS = {(1, 1): "booted", (1, 5): "unpaused", (3, 1): "user", (5, 0): "unknown", (5, 1): "shutdown",
           (5, 2): "destroyed", (5, 3): "crashed", (5, 6): "failed"}


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


class Failed(Exception):
    """Lines behind "error: ", of which an empty one is left out."""


def act(o, verb, kind, said, quoted=False):
    key = o[kind]
    module, name = found(kind, key)
    try:
        telling(getattr(module, verb), name)
    except Refused as refused:
        raise Failed(f"Failed to {said} " + (f"'{key}'" if quoted else key), str(refused)) from None


def define(o, kind, module_name):
    import importlib

    module = importlib.import_module("libvirtd." + module_name)
    try:
        with open(o["file"], encoding="utf-8", newline="") as f:
            text = f.read()
    except OSError as error:
        raise Failed(f"Failed to open file '{o['file']}': {store.reason(error)}") from None
    more = (bool(o.get("validate")),) if kind == "domain" else ()
    try:
        telling(module.define, text, *more)
    except Refused as refused:
        raise Failed(f"Failed to define {kind} from {o['file']}", str(refused)) from None


def lines(names):
    return "".join(n + "\n" for n in names)


# --- of virsh and the host --------------------------------------------------------------------


def echo(o):
    return " ".join(o.get("string", []))


def uri(o):
    return CONNECTION + "\n"


def version(o):
    text = ("Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\n"
            "Running hypervisor: QEMU 7.2.22\n")
    return text + ("Running against daemon: 9.0.0\n" if o.get("daemon") else "")


def domcapabilities(o):
    kind = o.get("virttype", "kvm")
    if kind == "kvm" and not os.path.exists("/dev/kvm"):
        raise Failed("failed to get emulator capabilities", "invalid argument: KVM is not supported by "
                     "'/usr/bin/qemu-system-x86_64' on this host")
    return f"<domainCapabilities>\n  <path>/usr/bin/qemu-system-x86_64</path>\n  <domain>{kind}</domain>\n" \
        "</domainCapabilities>\n"


# --- domains ----------------------------------------------------------------------------------


def domain_list(o):
    from libvirtd import domains, guests

    def rows():
        known = [n for n in domains.all_names() if o.get("all") or domains.is_active(n)]
        if o.get("name"):
            return lines(known)
        if o.get("uuid"):
            return lines(domains.uuid(n) for n in known)
        return table([[(guests.process(n) or "---")[2], n, STATES[guests.state(n)[0]]] for n in known])

    return asking(rows)


def table(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))] if rows else []
    return lines(" " + "   ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in rows)


def stats(o):
    from libvirtd import domains, guests

    def all_of_them():
        parts = []
        for name in domains.all_names():
            state, reason = guests.state(name)
            parts.append(f"Domain: '{name}'\n  state.state={state}\n  state.reason={reason}\n")
        return "\n".join(parts)

    return asking(all_of_them)


def domain_state(o):
    from libvirtd import guests

    _, name = found("domain", o["domain"])
    state = asking(guests.state, name)
    return STATES[state[0]] + (f" ({REASONS[state]})" if o.get("reason") else "") + "\n"


def domain_dump(o):
    module, name = found("domain", o["domain"])
    return asking(module.dumpxml, name, bool(o.get("inactive")))


def domain_start(o):
    module, name = found("domain", o["domain"])
    if asking(module.is_active, name):
        raise Failed("Domain is already active")
    act({"domain": o["domain"]}, "start", "domain", "start domain", True)


def domain_act(verb, said):
    return lambda o: act(o, verb, "domain", f"{said} domain", verb != "undefine")


# --- networks and pools -----------------------------------------------------------------------


def named(kind, o):
    if kind == "network":
        from libvirtd import networks as module
    else:
        from libvirtd import pools as module
    known = asking(lambda: [n for n in module.all_names() if o.get("all") or module.is_active(n)])
    if not o.get("name"):
        raise Wrong("virsh double: only --name is known")
    return lines(n.ljust(20) if kind == "pool" else n for n in known)


def network_dump(o):
    module, name = found("network", o["network"])
    return asking(module.dumpxml, name, bool(o.get("inactive")))


def pool_dump(o):
    module, name = found("pool", o["pool"])
    return asking(module.dumpxml, name)


def network_act(verb):
    return lambda o: act(o, verb, "network", f"{verb} network")


def pool_act(verb):
    return lambda o: act(o, verb, "pool", f"{verb} pool")


# --- volumes ----------------------------------------------------------------------------------


def volume(o, key):
    from libvirtd import pools, volumes

    pool = None
    if o.get("pool"):
        pool = found("pool", o["pool"])[1]
        if not asking(pools.is_active, pool):
            raise Failed(f"pool '{pool}' is not active")
    try:
        return volumes, *asking(volumes.find, key, pool)
    except Refused as refused:
        raise Failed(f"failed to get vol '{key}'", str(refused)) from None


def size_of(text):
    digits = text.rstrip("bBkKmMgGtT")
    units = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
    if not digits.isdigit() or text[len(digits):].lower() not in units:
        raise Failed(f"Malformed size {text}")
    return int(digits) * units[text[len(digits):].lower()]


def volume_list(o):
    from libvirtd import pools, volumes

    _, pool = found("pool", o["pool"])
    try:
        return asking(lambda: (pools.need_active(pool), table(
            [[n, volumes.place(pool, n)] for n in pools.volumes(pool)]))[1])
    except Refused as refused:
        raise Failed("Failed to list volumes", str(refused)) from None


def volume_info(o, say):
    module, pool, name = volume(o, o["vol"])
    say(f"Name:           {name}\n")
    try:
        capacity, allocation, physical = asking(module.info, pool, name)
    except Refused as refused:
        raise Failed(str(refused)) from None
    if not o.get("bytes"):
        raise Failed("virsh double: only --bytes is known")
    say(f"Type:           file\nCapacity:       {capacity} bytes\n")
    say(f"Physical:       {physical} bytes\n" if o.get("physical") else f"Allocation:     {allocation} bytes\n")


def volume_create(o):
    from libvirtd import volumes

    _, pool = found("pool", o["pool"])
    size = size_of(o["capacity"])
    size_of(o.get("allocation", "0"))
    base = None
    try:
        if o.get("backing-vol"):
            base = volume_base(pool, o["backing-vol"])
        telling(volumes.create, pool, o["name"], size, o.get("format", "raw"), base,
                o.get("backing-vol-format", "raw"))
    except Refused as refused:
        raise Failed(f"Failed to create vol {o['name']}", str(refused)) from None


def volume_base(pool, key):
    from libvirtd import pools, volumes

    try:
        return asking(lambda: volumes.find(key, pool if pools.is_active(pool) else None))
    except Refused as refused:
        raise Failed(f"failed to get vol '{key}'", str(refused)) from None


def volume_upload(o):
    module, pool, name = volume(o, o["vol"])
    try:
        fd = os.open(o["file"], os.O_RDONLY)
    except OSError:
        raise Failed(f"cannot read {o['file']}") from None
    to = store.real(module.place(pool, name))
    try:
        module.upload(fd, to)
    except OSError as error:
        raise Failed(f"cannot upload to volume {o['vol']}",
                     f"cannot open path '{module.place(pool, name)}': {store.reason(error)}") from None


def volume_resize(o):
    size = size_of(o["capacity"])
    module, pool, name = volume(o, o["vol"])
    try:
        telling(module.resize, pool, name, size)
    except Refused as refused:
        raise Failed(f"Failed to change size of volume '{o['vol']}' to {o['capacity']}", str(refused)) from None


def volume_delete(o):
    module, pool, name = volume(o, o["vol"])
    try:
        telling(module.delete, pool, name)
    except Refused as refused:
        raise Failed(f"Failed to delete vol {o['vol']}", str(refused)) from None


FLAGS = "nvram! keep-nvram! managed-save! snapshots-metadata! checkpoints-metadata!"
# name: (options as of virsh_words.options, function)
COMMANDS = {
    "echo": ("string*", echo),
    "uri": ("", uri),
    "version": ("daemon!", version),
    "domcapabilities": ("virttype? emulatorbin? arch? machine?", domcapabilities),
    "list": ("all! name! uuid! inactive!", domain_list),
    "domstats": ("state! raw! domain*", stats),
    "domstate": ("domain reason!", domain_state),
    "dumpxml": ("domain inactive!", domain_dump),
    "define": ("file validate!", lambda o: define(o, "domain", "domains")),
    "undefine": ("domain " + FLAGS, domain_act("undefine", "undefine")),
    "start": ("domain", domain_start),
    "shutdown": ("domain mode?", domain_act("shutdown", "shutdown")),
    "destroy": ("domain graceful!", domain_act("destroy", "destroy")),
    "suspend": ("domain", domain_act("suspend", "suspend")),
    "resume": ("domain", domain_act("resume", "resume")),
    "net-list": ("all! name! inactive!", lambda o: named("network", o)),
    "net-dumpxml": ("network inactive!", network_dump),
    "net-define": ("file validate!", lambda o: define(o, "network", "networks")),
    "pool-list": ("all! name! inactive!", lambda o: named("pool", o)),
    "pool-dumpxml": ("pool inactive!", pool_dump),
    "pool-define": ("file validate!", lambda o: define(o, "pool", "pools")),
    "vol-list": ("pool? details!", volume_list),
    "vol-info": ("vol pool? bytes! physical!", volume_info),
    "vol-create-as": ("pool name capacity allocation? format? backing-vol? backing-vol-format?", volume_create),
    "vol-upload": ("vol file pool? offset? length? sparse!", volume_upload),
    "vol-resize": ("vol capacity pool? shrink!", volume_resize),
    "vol-delete": ("vol pool? delete-snapshots!", volume_delete),
}
for _verb in ("start", "destroy", "undefine"):
    COMMANDS["net-" + _verb] = ("network", network_act(_verb))
for _verb in ("build", "start", "refresh", "destroy", "delete", "undefine"):
    COMMANDS["pool-" + _verb] = ("pool", pool_act(_verb))
