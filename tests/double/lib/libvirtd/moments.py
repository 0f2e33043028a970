"""Snapshots of domains that are off: within the qcow2 files, as qemu-img makes them, with the definition of
that time beside (domains/NAME.moments/SNAPSHOT.xml)."""

import json
import os
import shutil
import subprocess

import layers

from . import domain_xml, domains, guests, saves, store
from .store import Refused


def folder(name):
    return store.path("domains", name + ".moments")


def all_names(name):
    try:
        return sorted(n[:-4] for n in os.listdir(folder(name)) if n.endswith(".xml"))
    except FileNotFoundError:
        return []


def need(name, moment):
    if moment not in all_names(name):
        raise Refused(f"Domain snapshot not found: no domain snapshot with matching name '{moment}'")


def qemu_img(name, flag, moment, ignored=False):
    """Without what the disk stands on: its path is one of libvirtd's host."""
    for disk, path in domain_xml.files(domains.load(name)):
        real = store.real(path)
        if disk.child("readonly") or (ignored and not os.path.exists(real)):
            continue
        top = {"driver": "qcow2", "backing": None, "file": {"driver": "file", "filename": real}}
        done = subprocess.run(("qemu-img", "snapshot", flag, moment, "json:" + json.dumps(top)), check=False,
                              capture_output=True, text=True)
        said = done.stderr
        if not os.path.exists(real):
            said = f"qemu-img: Could not open '{path}': Could not open '{path}': No such file or directory\n"
        if done.returncode != 0:
            raise Refused(f"internal error: Child process (/usr/bin/qemu-img snapshot {flag} {moment} {path}) "
                          f"unexpected exit status {done.returncode}: {said}")


def guests_files(name, function, moment):
    for disk, path in domain_xml.files(domains.load(name)):
        if not disk.child("readonly"):
            function(store.real(path), moment)


def create(name, moment):
    if domains.is_active(name):
        raise Refused("virsh double: only of domains that are off")
    if moment in all_names(name):
        raise Refused(f"operation failed: domain moment {moment} already exists")
    qemu_img(name, "-c", moment)
    guests_files(name, layers.keep, moment)
    os.makedirs(folder(name), exist_ok=True)
    store.write(store.read("domains", name + ".xml"), "domains", name + ".moments", moment + ".xml")


def revert(name, moment):
    need(name, moment)
    saves.check_revert(name)
    if domains.is_active(name):
        guests.kill(name)
    qemu_img(name, "-a", moment)
    guests_files(name, layers.back, moment)
    store.write(store.read("domains", name + ".moments", moment + ".xml"), "domains", name + ".xml")


def delete(name, moment):
    """A disk that is gone is no hindrance."""
    need(name, moment)
    qemu_img(name, "-d", moment, ignored=True)
    os.unlink(os.path.join(folder(name), moment + ".xml"))


def check_undefine(name, with_metadata):
    many = len(all_names(name))
    if many and not with_metadata and not domains.is_active(name):
        raise Refused(f"Requested operation is not valid: cannot delete inactive domain with {many} snapshots")


def forget(name):
    shutil.rmtree(folder(name), ignore_errors=True)
