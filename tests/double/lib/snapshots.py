"""Snapshots as VMware keeps them: NAME.vmsd lists them, each has a NAME-SnapshotN.vmsn (here just the VMX of
that time), and the VM goes on in a child disk NAME-00000N.vmdk, which the VMX names from then on. Only of
VMs that are off."""

import os
import re
import shutil
import subprocess

import dictionary
import inspection
import layers
import locks
import options
import records
import rewrite
import vmdk
from refusal import Refusal


def qemu_img(folder, *args):
    done = subprocess.run(("qemu-img", *args), cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refusal("The operation was canceled", f"qemu-img {' '.join(args)}: {done.stderr.strip()}")


class Snapshots:
    """The VM's list. current: uid of the one that the present disk stands on, 0: none."""

    def __init__(self, vmx):
        self.vmx, self.folder = vmx, os.path.dirname(vmx)
        self.stem = os.path.splitext(os.path.basename(vmx))[0]
        self.path = os.path.join(self.folder, self.stem + ".vmsd")
        self.all, self.current, self.last = [], 0, 0
        if os.path.exists(self.path):
            self.load(dictionary.load(self.path))

    def load(self, d):
        self.current, self.last = d.number("snapshot.current", 0), d.number("snapshot.lastUID", 0)
        for i in range(d.number("snapshot.numSnapshots", 0)):
            at = f"snapshot{i}."
            disks = [(d.get(f"{at}disk{k}.node"), d.get(f"{at}disk{k}.fileName"))
                     for k in range(d.number(at + "numDisks", 0))]
            self.all.append({"uid": d.number(at + "uid", 0), "parent": d.number(at + "parent", 0),
                             "name": d.get(at + "displayName"), "file": d.get(at + "filename"), "disks": disks})

    def save(self):
        d = dictionary.Dictionary(b"")
        for name, value in ((".encoding", "UTF-8"), ("snapshot.lastUID", self.last),
                            ("snapshot.current", self.current), ("snapshot.numSnapshots", len(self.all))):
            d.set(name, str(value))
        for i, s in enumerate(self.all):
            at = f"snapshot{i}."
            d.set(at + "uid", str(s["uid"]))
            d.set(at + "filename", s["file"])
            if s["parent"]:
                d.set(at + "parent", str(s["parent"]))
            d.set(at + "displayName", s["name"])
            d.set(at + "numDisks", str(len(s["disks"])))
            for k, (node, file) in enumerate(s["disks"]):
                d.set(f"{at}disk{k}.fileName", file)
                d.set(f"{at}disk{k}.node", node)
        with open(self.path + ".part", "wb") as f:
            f.write(d.text(options.on("crlf"), "utf-8", lambda name: name))
        os.replace(self.path + ".part", self.path)

    def find(self, name):
        found = [s for s in self.all if s["name"] == name]
        if not found:
            raise Refusal("The snapshot does not exist")
        if len(found) > 1:
            raise Refusal("The name does not uniquely identify one snapshot")
        return found[0]

    def free_child(self):
        numbers = [int(m[1]) for n in os.listdir(self.folder)
                   if (m := re.fullmatch(re.escape(self.stem) + r"-(\d{6})\.vmdk", n))]
        return f"{self.stem}-{max(numbers, default=0) + 1:06d}.vmdk"

    def children(self, d, disk):
        """Of a disk: the files of the snapshots, and the present one, that stand on it."""
        files = {f for s in self.all for _, f in s["disks"]} | {d.get(f"{n}.fileName") for n in inspection.disks(d)}
        return sorted(f for f in files if f != disk and parent(os.path.join(self.folder, f)) == disk)


def parent(path):
    return vmdk.field(vmdk.descriptor(path), "parentFileNameHint")


def opened(vmx):
    """Its definition and snapshots; a Refusal for one that is on or held."""
    d = dictionary.load(vmx)
    if records.find(vmx):
        raise Refusal("The operation is not supported", "the double takes snapshots of VMs that are off")
    disks = [inspection.absolute(vmx, d.get(f"{s}.fileName")) for s in inspection.disks(d)]
    for path in [vmx] + disks:
        if locks.is_held(path):
            raise Refusal("The file is already in use", f"{path} is held")
    for path in disks:
        vmdk.check(path, lambda p: Refusal("A file was not found", p))
    return d, Snapshots(vmx)


def go_on_in_children(d, snapshots, disks):
    """Every (node, file) of disks gets a child, which the definition names."""
    for node, file in disks:
        child = snapshots.free_child()
        qemu_img(snapshots.folder, "create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", file, child)
        layers.copy(os.path.join(snapshots.folder, file), os.path.join(snapshots.folder, child))
        d.set(f"{node}.fileName", child)


def take(vmx, name):
    if not name or "/" in name:
        raise Refusal("Invalid snapshot name")
    d, snapshots = opened(vmx)
    snapshots.last += 1
    file = f"{snapshots.stem}-Snapshot{snapshots.last}.vmsn"
    disks = [(s, d.get(f"{s}.fileName")) for s in inspection.disks(d)]
    shutil.copyfile(vmx, os.path.join(snapshots.folder, file))
    go_on_in_children(d, snapshots, disks)
    snapshots.all.append({"uid": snapshots.last, "parent": snapshots.current, "name": name, "file": file,
                          "disks": disks})
    snapshots.current = snapshots.last
    snapshots.save()
    rewrite.save(d, vmx)


def names(vmx):
    dictionary.load(vmx)
    return [s["name"] for s in Snapshots(vmx).all]


def revert(vmx, name):
    """The definition of that time comes back, too."""
    d, snapshots = opened(vmx)
    wanted = snapshots.find(name)
    kept = {f for s in snapshots.all for _, f in s["disks"]}
    left = [f for n in inspection.disks(d) if (f := d.get(f"{n}.fileName")) not in kept]
    earlier = dictionary.load(os.path.join(snapshots.folder, wanted["file"]))
    go_on_in_children(earlier, snapshots, wanted["disks"])
    snapshots.current = wanted["uid"]
    snapshots.save()
    rewrite.save(earlier, vmx)
    for file in left:
        os.unlink(os.path.join(snapshots.folder, file))


def merge(snapshots, child, disk, result):
    """What the child has goes into the disk below it, which then is the file `result`; those that stand on the
    child know it by its CID."""
    cid = vmdk.field(vmdk.descriptor(os.path.join(snapshots.folder, child)), "CID")
    qemu_img(snapshots.folder, "commit", "-q", "-d", "-f", "vmdk", child)
    path = os.path.join(snapshots.folder, disk)
    text = vmdk.descriptor(path)
    text = re.sub(r"(?m)^CID=.*", f"CID={cid}", text, count=1)
    vmdk.replace_descriptor(path, text.replace(f'"{disk}"', f'"{result}"'))
    os.rename(path, os.path.join(snapshots.folder, result))
    if os.path.exists(os.path.join(snapshots.folder, child)):
        layers.copy(os.path.join(snapshots.folder, child), os.path.join(snapshots.folder, result))


def drop_disk(d, snapshots, node, disk):
    """Merged into the one that stands on it; kept where several do. Whose name stays differs: under the option
    keep-child the present disk stays where it is, else it goes back to the one below."""
    above = snapshots.children(d, disk)
    path = os.path.join(snapshots.folder, disk)
    if not above:
        os.unlink(path)
    elif len(above) == 1:
        present = above[0] == d.get(f"{node}.fileName") and not options.on("keep-child")
        merge(snapshots, above[0], disk, disk if present else above[0])
        if present:
            d.set(f"{node}.fileName", disk)
            os.unlink(os.path.join(snapshots.folder, above[0]))


def delete(vmx, name):
    d, snapshots = opened(vmx)
    gone = snapshots.find(name)
    snapshots.all.remove(gone)
    for s in snapshots.all:
        if s["parent"] == gone["uid"]:
            s["parent"] = gone["parent"]
    if snapshots.current == gone["uid"]:
        snapshots.current = gone["parent"]
    for node, disk in gone["disks"]:
        if disk not in {f for s in snapshots.all for _, f in s["disks"]}:
            drop_disk(d, snapshots, node, disk)
    snapshots.save()
    rewrite.save(d, vmx)
    os.unlink(os.path.join(snapshots.folder, gone["file"]))
