"""The part of virsh_steps.py that is about domains."""

import os
import signal
import time

from virsh_documents import BASES, IMAGES, LAB, SEED, domain, network, nic, place, uuid


def definitions(s):
    s.part = "definitions"
    check = ("--validate",)
    s.define("", domain(), *check)
    s.define("", domain(generation="2"), *check)
    s.define("", domain(number=0x22), *check)
    s.define("", domain("other-name"), *check)
    s.define("", domain("n2", 0x23), *check)
    for verb in ("dumpxml", "domstate", "shutdown", "destroy", "resume"):
        s.v(verb, "--domain", "n1")
    s.v("list", "--all", "--uuid")
    s.v("list", "--all", "--name")
    s.v("list", "--name")
    s.see("n1", "nobody", "n2")
    log = f"      <log file='{os.getcwd()}/console.log' append='on'/>\n"
    s.define("", domain("n2", 0x23, log=log, cdroms="", nics=nic("bridge", "nobridge")), *check)
    s.see("n2")
    for name, old, new in (("virttype", "type='qemu'", "type='bhyve'"), ("mac", "52:54:00:0a:0b:0c", "52:54"),
                           ("twice", "dev='sdb'", "dev='sda'"), ("bus", "bus='scsi'", "bus='nonsense'"),
                           ("memory", ">64<", ">much<")):
        s.part = f"definitions, bad {name}"
        s.define("", domain("n3", 0x24).replace(old, new, 1), *check)


def power(s):
    s.part = "power"
    iso, start = os.path.basename(SEED), ("start", "--domain", "n1")
    s.v(*start)
    s.define("net-", network())
    s.v("net-start", "--network", "chk-net")
    s.v(*start)
    s.create(LAB, iso, 1 << 20, "--allocation", "0", "--format", "raw")
    s.create(LAB, iso + "x", 1 << 20, "--allocation", "0", "--format", "raw")
    s.see("n1")
    s.v(*start)
    s.v(*start)
    s.see("n1", "n2")
    s.v("list", "--name")
    s.v("domstate", "n1")
    s.v("list")
    s.v("shutdown", "--domain", "n1")
    s.v("domstate", "n1", "--reason")
    s.v("resume", "--domain", uuid(0x21))
    s.v("suspend", "n1")
    s.see("n1")
    s.v("resume", "--domain", uuid(0x21))
    # Defined anew while it runs, without the media; only the definition changes.
    s.define("", domain(cdroms=""), "--validate")
    s.see("n1")
    s.v("vol-delete", "--pool", LAB, "--vol", iso)
    for _ in (1, 2):
        s.v("destroy", "--domain", uuid(0x21))
    s.see("n1")
    s.v("start", "--domain", "n2")
    s.v("list", "--all")
    guest_ends(s)
    plugs(s)
    no_start(s)
    undefine(s)


def plugs(s):
    """A NIC that runs, given another connection or the same."""
    s.part = "plugs"
    s.v("start", "--domain", "n1")
    for number, text in enumerate((nic("bridge", "labchk0"), nic(), nic(), nic(mac="52:54:00:0a:0b:0d"),
                                   nic(source="nobody"), nic("bridge", "nobody"))):
        s.v("update-device", "--domain", uuid(0x21), "--file", s.file(f"nic{number}.xml", text), "--live")
        s.see("n1")
    s.v("destroy", "--domain", "n1")
    s.v("update-device", "--domain", "n1", "--file", "nic0.xml", "--live")


def no_start(s):
    s.part = "no start"
    log = "      <log file='/no/such/folder/console.log' append='on'/>\n"
    s.define("", domain("n2", 0x23, log=log, cdroms=""), "--validate")
    s.v("start", "--domain", "n2")
    s.define("", domain("n2", 0x23, cdroms=""), "--validate")
    s.v("start", "--domain", "n1")
    s.v("start", "--domain", "n2")
    s.v("destroy", "--domain", "n1")
    s.define("", domain("n2", 0x23, cdroms="", nics=nic(source="nobody")), "--validate")
    s.v("start", "--domain", "n2")
    base = place(f"{IMAGES}/{BASES}/base.qcow2")
    os.rename(base, base + ".away")
    s.v("start", "--domain", "n1")
    os.rename(base + ".away", base)
    s.run("ip link delete labchk0".split())
    s.v("start", "--domain", "n1")
    for verb in ("destroy", "start", "destroy", "start"):
        s.v("net-" + verb, "--network", "chk-net")


def guest_ends(s):
    s.part = "a guest that dies"
    s.v("start", "--domain", "n1")
    pids = guests()
    s.host("guests", len(pids))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for _ in range(200):
        if "shut off" in s.run(["virsh", "-q", "-c", s.uri, "domstate", "n1"])[1]:
            break
        time.sleep(0.02)
    s.see("n1")


def guests():
    """Of n1; of libvirt's only in a sandbox, which sees no processes but its own."""
    folder = os.environ.get("VIRSH_DOUBLE_DIR")
    if folder:
        with open(f"{folder}/domains/n1.run/guest", encoding="ascii") as f:
            return [int(f.read())]
    assert os.environ["LABCTL_SANDBOX"]
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if b"guest=n1,debug-threads=on" in f.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            continue
    return found


def undefine(s):
    s.part = "undefine"
    flags = ("--nvram", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata")
    s.v("start", "--domain", "n1")
    s.v("undefine", "--domain", uuid(0x21), *flags)
    s.see("n1")
    s.v("list", "--all", "--name")
    s.v("destroy", "--domain", uuid(0x21))
    s.see("n1")
    s.v("undefine", "--domain", uuid(0x21), *flags)
    s.v("undefine", "--domain", uuid(0x23), *flags)
    s.v("list", "--all", "--name")
