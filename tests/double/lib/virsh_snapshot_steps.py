"""The part of virsh_steps.py that is about snapshots of domains that are off."""

import json
import os

from virsh_documents import IMAGES, LAB, domain, place, uuid

METADATA = ("--nvram", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata")


def disk(s, byte, verb="write"):
    """What is on n1's disk: a byte that `read` finds or not."""
    path = place(f"{IMAGES}/{LAB}/n1.qcow2")
    top = {"driver": "qcow2", "backing": None, "file": {"driver": "file", "filename": path}}
    status, out, _ = s.run(["qemu-io", "-c", f"{verb} -P {byte} 0 64k", "json:" + json.dumps(top)])
    s.host(f"disk: {verb} {byte}", (status, "verification failed" in out))


def snapshots(s):
    """n1 as it was defined before, and is at the end."""
    s.part = "snapshots"
    one, by_id = ("--domain", "n1", "--snapshotname", "one"), ("--domain", uuid(0x21))
    for verb in ("snapshot-revert", "snapshot-delete"):
        s.v(verb, "--domain", "nobody", "--snapshotname", "one")
        s.v(verb, *one)
        s.v(verb, "--domain", "n1")
    s.v("snapshot-create-as", "--name", "one")
    s.v("snapshot-list", "--domain", "nobody", "--name")
    s.v("snapshot-list", "--domain", "n1", "--name")
    s.define("", domain(generation="2", cdroms=""), "--validate")
    disk(s, 1)
    for _ in (1, 2):
        s.v("snapshot-create-as", *by_id, "--name", "one")
    disk(s, 2)
    s.v("managedsave", *by_id)
    s.v("managedsave-remove", *by_id)
    s.v("list", "--all", "--with-managed-save", "--uuid")
    s.v("snapshot-create-as", *by_id, "--name", "a-two")
    s.v("snapshot-list", *by_id, "--name")
    s.v("vol-resize", "--pool", LAB, "--vol", "n1.qcow2", "--capacity", str(1 << 32))
    # What was defined since is gone with a revert; the snapshots stay with a definition.
    s.define("", domain(generation="3", cdroms=""), "--validate")
    s.v("snapshot-list", "--domain", "n1", "--name")
    s.v("snapshot-revert", *by_id, "--snapshotname", "one")
    s.see("n1")
    disk(s, 1, "read")
    s.v("snapshot-revert", *by_id, "--snapshotname", "a-two")
    disk(s, 2, "read")
    s.v("snapshot-delete", *one)
    s.v("snapshot-delete", *one)
    s.v("snapshot-list", "--domain", "n1", "--name")
    disk(s, 2, "read")
    lost(s)
    s.v("undefine", *by_id)
    s.v("undefine", *by_id, *METADATA)
    s.define("", domain(generation="2"), "--validate")
    s.v("snapshot-list", "--domain", "n1", "--name")


def lost(s):
    """Somebody takes the disk away."""
    s.part = "snapshots without a disk"
    path = place(f"{IMAGES}/{LAB}/n1.qcow2")
    os.rename(path, path + ".away")
    s.v("snapshot-create-as", "--domain", "n1", "--name", "three")
    s.v("snapshot-revert", "--domain", "n1", "--snapshotname", "a-two")
    os.rename(path + ".away", path)
    s.v("snapshot-create-as", "--domain", "n1", "--name", "four")
    os.rename(path, path + ".away")
    s.v("snapshot-delete", "--domain", "n1", "--snapshotname", "four")
    os.rename(path + ".away", path)
    s.v("snapshot-list", "--domain", "n1", "--name")
