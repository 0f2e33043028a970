"""The commands of virsh 9.0 that the double knows: those that labctl uses, and a few for people."""

import os

import virsh_volumes
from libvirtd import store
from libvirtd.store import Refused
from virsh_calls import Failed, act, asking, dump, found, lines, table, telling
from virsh_words import Wrong

CONNECTION = "qemu:///system"
STATES = {1: "running", 3: "paused", 5: "shut off"}
REASONS = {(1, 1): "booted", (1, 5): "unpaused", (3, 1): "user", (5, 0): "unknown", (5, 1): "shutdown",
           (5, 2): "destroyed", (5, 3): "crashed", (5, 5): "saved", (5, 6): "failed"}


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
    from libvirtd import domains, guests, saves

    def rows():
        known = [n for n in domains.all_names() if o.get("all") or domains.is_active(n)]
        if o.get("with-managed-save"):
            known = [n for n in known if saves.has(n)]
        if o.get("name"):
            return lines(known)
        if o.get("uuid"):
            return lines(domains.uuid(n) for n in known)
        return table([[(guests.process(n) or "---")[2], n, STATES[guests.state(n)[0]]] for n in known])

    return asking(rows)


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


def domain_start(o):
    module, name = found("domain", o["domain"])
    if asking(module.is_active, name):
        raise Failed("Domain is already active")
    act({"domain": o["domain"]}, "start", "domain", "start domain", True)


def domain_act(verb, said):
    return lambda o: act(o, verb, "domain", f"{said} domain", verb != "undefine")


def update_device(o):
    module, name = found("domain", o["domain"])
    with open(o["file"], encoding="utf-8") as f:
        text = f.read()
    try:
        telling(module.update_device, name, text)
    except Refused as refused:
        raise Failed(f"Failed to update device from {o['file']}", str(refused)) from None


def undefine(o):
    from libvirtd import moments, saves

    name = found("domain", o["domain"])[1]
    try:
        asking(saves.check_undefine, name, bool(o.get("managed-save")))
        asking(moments.check_undefine, name, bool(o.get("snapshots-metadata")))
    except Refused as refused:
        raise Failed(f"Failed to undefine domain '{o['domain']}'", str(refused)) from None
    act({"domain": o["domain"]}, "undefine", "domain", "undefine domain", True)


def managed_save(o):
    from libvirtd import saves

    try:
        telling(saves.save, found("domain", o["domain"])[1])
    except Refused as refused:
        raise Failed(f"Failed to save domain '{o['domain']}' state", str(refused)) from None


def managed_save_remove(o):
    from libvirtd import saves

    telling(saves.remove, found("domain", o["domain"])[1])


def snapshot_list(o):
    from libvirtd import moments

    if not o.get("name"):
        raise Wrong("virsh double: only --name is known")
    return lines(asking(moments.all_names, found("domain", o["domain"])[1]))


def snapshot_create(o):
    from libvirtd import moments

    telling(moments.create, found("domain", o["domain"])[1], o["name"])


def of_snapshot(o):
    name = found("domain", o["domain"])[1]
    if not o.get("snapshotname"):
        raise Failed("--snapshotname or --current is required")
    return name, o["snapshotname"]


def snapshot_revert(o):
    from libvirtd import moments

    name, moment = of_snapshot(o)
    asking(moments.need, name, moment)
    try:
        telling(moments.revert, name, moment)
    except Refused as refused:
        raise Failed(f"Failed to revert snapshot {moment}", str(refused)) from None


def snapshot_delete(o):
    from libvirtd import moments

    name, moment = of_snapshot(o)
    asking(moments.need, name, moment)
    telling(moments.delete, name, moment)


# --- networks and pools -----------------------------------------------------------------------


def named(kind, o):
    if kind == "network":
        from libvirtd import networks as module
    else:
        from libvirtd import pools as module
    known = asking(lambda: [n for n in module.all_names() if o.get("all") or module.is_active(n)])
    if o.get("uuid"):
        return asking(lambda: lines(module.current(n).child("uuid").text for n in known))
    if not o.get("name"):
        raise Wrong("virsh double: only --name and --uuid are known")
    return lines(n.ljust(20) if kind == "pool" else n for n in known)


def network_act(verb):
    return lambda o: act(o, verb, "network", f"{verb} network")


def pool_act(verb):
    return lambda o: act(o, verb, "pool", f"{verb} pool")


FLAGS = "nvram! keep-nvram! managed-save! snapshots-metadata! checkpoints-metadata!"
# name: (options as of virsh_words.options, function)
COMMANDS = {
    "echo": ("string*", echo),
    "uri": ("", uri),
    "version": ("daemon!", version),
    "domcapabilities": ("virttype? emulatorbin? arch? machine?", domcapabilities),
    "list": ("all! name! uuid! inactive! with-managed-save!", domain_list),
    "domstats": ("state! raw! domain*", stats),
    "domstate": ("domain reason!", domain_state),
    "dumpxml": ("domain inactive!", lambda o: dump(o, "domain", bool(o.get("inactive")))),
    "define": ("file validate!", lambda o: define(o, "domain", "domains")),
    "undefine": ("domain " + FLAGS, undefine),
    "start": ("domain", domain_start),
    "shutdown": ("domain mode?", domain_act("shutdown", "shutdown")),
    "destroy": ("domain graceful!", domain_act("destroy", "destroy")),
    "suspend": ("domain", domain_act("suspend", "suspend")),
    "update-device": ("domain file live! config! current! force!", update_device),
    "resume": ("domain", domain_act("resume", "resume")),
    "managedsave": ("domain", managed_save),
    "managedsave-remove": ("domain", managed_save_remove),
    "snapshot-list": ("domain name!", snapshot_list),
    "snapshot-create-as": ("domain name", snapshot_create),
    "snapshot-revert": ("domain snapshotname?", snapshot_revert),
    "snapshot-delete": ("domain snapshotname?", snapshot_delete),
    "net-list": ("all! name! uuid! inactive!", lambda o: named("network", o)),
    "net-dumpxml": ("network inactive!", lambda o: dump(o, "network", bool(o.get("inactive")))),
    "net-define": ("file validate!", lambda o: define(o, "network", "networks")),
    "pool-list": ("all! name! inactive!", lambda o: named("pool", o)),
    "pool-dumpxml": ("pool inactive!", lambda o: dump(o, "pool")),
    "pool-define": ("file validate!", lambda o: define(o, "pool", "pools")),
    "vol-list": ("pool? details!", virsh_volumes.list_),
    "vol-info": ("vol pool? bytes! physical!", virsh_volumes.info),
    "vol-create-as": ("pool name capacity allocation? format? backing-vol? backing-vol-format?",
                      virsh_volumes.create),
    "vol-upload": ("vol file pool? offset? length? sparse!", virsh_volumes.upload),
    "vol-resize": ("vol capacity pool? shrink!", virsh_volumes.resize),
    "vol-delete": ("vol pool? delete-snapshots!", virsh_volumes.delete),
}
for _verb in ("start", "destroy", "undefine"):
    COMMANDS["net-" + _verb] = ("network", network_act(_verb))
for _verb in ("build", "start", "refresh", "destroy", "delete", "undefine"):
    COMMANDS["pool-" + _verb] = ("pool", pool_act(_verb))
