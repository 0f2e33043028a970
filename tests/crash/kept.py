"""Snapshots in the lab that `run` kills: what a case finds, and what there must be at its end.

On every disk is a file "early" that is in the snapshot, and one "late" that was written since: together they
tell which disk a guest has."""

import json
import os

BROKEN = ("create", "restore", "delete")
MANY = 3  # are kept until all are deleted, for on VMware that takes a stop


class Odd(Exception):
    pass


def listed(box):
    """State by name."""
    status, text = box.run("snapshot list -o json")
    if status != 0:
        raise Odd(f"snapshot list: exit status {status}\n{text}")
    return {s["name"]: s["state"] for s in json.loads(text)["snapshots"]}


def write(box, mark):
    for root in box.guests():
        with open(f"{root}/var/lib/{mark}", "w", encoding="ascii"):
            pass


def marked(box, mark):
    return [os.path.exists(f"{root}/var/lib/{mark}") for root in box.guests()]


def delete(box, names):
    if box.provider.deletes_while_off:
        box.good("stop")
    for name in names:
        box.good(f"snapshot delete {name}")
    if box.provider.deletes_while_off:
        box.good("up")


def prepare(box, broken):
    there = listed(box)
    if len(there) >= MANY:
        delete(box, there)
        there = {}
    if broken == "create" or there.get(box.snapshot) != "ready":
        box.snapshots += 1
        box.snapshot = f"s{box.snapshots}"
    if box.snapshot not in there:
        write(box, "early")  # also what a create that is killed leaves may be gone back to by a later case
        if broken != "create":
            box.good("create")
    if broken == "restore":
        write(box, "late")
    if broken == "delete" and box.provider.deletes_while_off:
        box.good("stop")


def mend(box, command):
    state = listed(box).get(box.snapshot)
    if command == "create" and state == "ready" or command == "delete" and state is None:
        box.good("up")  # it had come so far
        return
    box.good(command)
    if command == "delete":
        box.good("up")


def check(box, broken, mended):
    """Of a lab that is whole again."""
    there = listed(box)
    if broken == "restore":
        late = marked(box, "late")
        if not all(marked(box, "early")) or len(set(late)) != 1 or (mended == "restore" and any(late)):
            raise Odd(f"disks are mixed: late are {late}")
    wanted = {"create": "ready", "restore": "ready", "delete": None}.get(mended)
    if mended in BROKEN and there.get(box.snapshot) != wanted:
        raise Odd(f"snapshot {box.snapshot} is {there.get(box.snapshot)}")
    half = [name for name, state in there.items() if state != "ready"]
    if half:
        if half != [box.snapshot] or broken == "restore":
            raise Odd(f"snapshots: {there}")
        delete(box, half)
        there = listed(box)
    for node in ("m1", "w1"):
        has = sorted(name.rpartition("-")[0] for name in box.provider.snapshots(node))
        if has != sorted("labctl-" + name for name in there):
            raise Odd(f"{node} has {box.provider.snapshots(node)}, listed are {there}")
