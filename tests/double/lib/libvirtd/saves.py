"""Managed saves: what a domain had in memory, kept until its next start. Here that it was, not what:
domains/NAME.saved."""

from . import domains, guests, store
from .store import Refused

SAVED = 5  # virDomainShutoffReason


def has(name):
    return store.read("domains", name + ".saved") is not None


def save(name):
    domains.need_active(name)
    guests.kill(name)
    store.write(str(SAVED), "domains", guests.run(name), "off")
    store.write("", "domains", name + ".saved")


def remove(name):
    store.remove("domains", name + ".saved")


def check_revert(name):
    if has(name):
        raise Refused("revert requires force: snapshot without memory state, removal of existing managed saved "
                      "state strongly recommended to avoid corruption")


def check_undefine(name, with_save):
    if has(name) and not with_save:
        raise Refused("Requested operation is not valid: Refusing to undefine while domain managed save image exists")
