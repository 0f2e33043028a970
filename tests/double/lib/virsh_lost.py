"""libvirtd that goes away, and comes back after a few have asked in vain.

leaves   lines "COMMAND WHEN TIMES" in VIRSH_DOUBLE_DIR, for one end after the other: the next COMMAND is
         its last. WHEN "before": nothing was done; "after": it was, and only the answer is lost. Then
         TIMES connections are refused
down     how many are still refused; -1: all of them

The words are those of virsh 9.0 whose libvirtd is killed in the middle of a command: of a lookup that was
cut off it says the same as of something that is not there. tests/unit/test_provider_reallost.c does it."""

import os

from libvirtd import store
from virsh_calls import Failed

SOCKET = "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Connection refused"
RESET = "Cannot recv data: Connection reset by peer"
HEADINGS = {"list": "Failed to list domains", "pool-list": "Failed to list pools",
            "net-list": "Failed to list networks", "version": "failed to get the hypervisor version",
            "domcapabilities": "failed to get emulator capabilities"}


def refused():
    """Whether nobody listens just now; counts."""
    text = store.read("down") if os.path.exists(store.path("down")) else None
    if not text:
        return False
    if text != "-1":
        store.remove("down") if text == "1" else store.write(str(int(text) - 1), "down")
    return True


def heading(name, given):
    for kind in ("pool", "domain", "network"):
        if kind in given:
            return f"failed to get {kind} '{given[kind]}'"
    if name.endswith("define"):
        kind = {"net-define": "network", "pool-define": "pool"}.get(name, "domain")
        return f"Failed to define {kind} from {given['file']}"
    return HEADINGS.get(name, "")


def call(name, function, given, *more):
    """As function(given, *more), while libvirtd lives."""
    if not os.path.exists(store.path("leaves")):
        return function(given, *more)
    first, _, rest = (store.read("leaves") or "- - 0").partition("\n")
    command, when, times = first.split()
    if name != command:
        return function(given, *more)
    store.write(rest, "leaves") if rest else store.remove("leaves")
    if when == "after":
        function(given, *more)
    if times != "0":
        store.write(times, "down")
    why = heading(name, given)
    # A domain's lookup tells no reason.
    raise Failed("Disconnected from qemu:///system due to end of file", why,
                 "" if why.startswith("failed to get domain") else RESET)
