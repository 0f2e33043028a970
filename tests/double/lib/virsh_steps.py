"""What tests/double/virsh-check asks of virsh, the double or a real one: everything that labctl uses, and
the mistakes that labctl can make or meet. Runs where it is, in an empty folder, and returns what it saw."""

import os
import subprocess

import virsh_power_steps
import virsh_snapshot_steps
from virsh_documents import BASES, IMAGES, LAB, domain, network, place, pool, uuid


class Steps:
    def __init__(self, uri="qemu:///system"):
        self.uri, self.seen, self.part = uri, [], ""
        self.environment = {**os.environ, "LC_ALL": "C", "LANGUAGE": "", "VIRSH_DEBUG": "4"}

    def run(self, argv):
        done = subprocess.run(argv, env=self.environment, stdin=subprocess.DEVNULL, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def v(self, *words):
        status, out, err = self.run(["virsh", "-q", "-c", self.uri, *words])
        self.seen.append([f"{self.part}: {' '.join(words)}", status, out, err])
        return out

    def host(self, name, fact):
        self.seen.append([f"{self.part}: {name}", 0, repr(fact), ""])

    def file(self, name, text):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
        return name

    def define(self, kind, text, *flags):
        """kind: "", "net-" or "pool-"; every definition has a file name of its own, which virsh says."""
        name = self.file(f"{kind}{len(self.seen)}.xml", text)
        self.v(f"{kind}define", *flags, "--file", name)

    def create(self, pool_, name, capacity, *more):
        self.v("vol-create-as", "--pool", pool_, "--name", name, *more, "--capacity", str(capacity))

    def see(self, *keys):
        """labctl's own question about VMs."""
        words = []
        for key in keys:
            words += [f"'dumpxml' '{key}' ; ", f"'dumpxml' '--inactive' '{key}' ; "]
        nonce = "echo 0123456789abcdef0123456789abcdef; "
        self.v(nonce + nonce.join(words + ["'domstats' '--state' '--raw' ; "]) + nonce[:-2])

    def see_network(self, name):
        self.v("echo AAAA; 'net-dumpxml' '--network' '%s' '--inactive' ; echo AAAA; 'net-dumpxml' '--network' "
               "'%s' ; echo AAAA; 'net-list' '--name' ; echo AAAA" % (name, name))

    def see_pool(self, name):
        self.v("echo AAAA; 'pool-dumpxml' '--pool' '%s' ; echo AAAA; 'pool-list' '--name' ; echo AAAA" % name)

    def bridges(self):
        lines = self.run(["ip", "-o", "link", "show", "type", "bridge"])[1].splitlines()
        found = {}
        for name in sorted(line.split(":")[1].strip() for line in lines):
            shown = self.run(["ip", "-4", "-o", "address", "show", "dev", name])[1].split()
            up = any(f"{name}:" in line and "UP" in line.split()[2] for line in lines)
            found[name] = ["up" if up else "down", *shown[3:6]]
        self.host("bridges of the host", found)


def connection(s):
    s.part = "connection"
    s.v("uri")
    s.v("version", "--daemon")
    s.v("version")
    if not os.path.exists("/dev/kvm"):
        s.v("domcapabilities", "--virttype", "kvm")
    s.v("echo", "two words")
    s.v("echo one; echo 'it'\\''s; two' \"three  four\" five\\ six")
    s.v("echo one; nonsense; echo two")
    s.v("echo one; echo two; nonsense")
    s.v("nonsense")
    s.v("echo 'open")
    s.v("list", "--nonsense")
    s.v("list", "nonsense")
    s.v("start")
    s.v("start", "--domain")
    s.v("vol-info", "--pool", "x")
    s.v("")
    for uri in ("qemu:///nothere", "nonsense:///system"):
        s.uri, good = uri, s.uri
        s.v("uri")
        s.v("echo one; 'dumpxml' 'x'; echo two")
        s.uri = good


def nothing(s):
    s.part = "nothing there"
    for words in ("list --all --uuid", "list --all --name", "net-list --name", "net-list --all --name",
                  "net-list --all --uuid",
                  "pool-list --name", "pool-list --all --name", "domstats --state --raw", "list"):
        s.v(*words.split())
    for verb in ("start", "shutdown", "destroy", "resume", "undefine", "dumpxml", "domstate"):
        s.v(verb, "--domain", "nobody")
    s.v("destroy", "--domain", uuid(0x99))
    for verb in ("net-start", "net-destroy", "net-undefine", "net-dumpxml"):
        s.v(verb, "--network", "nobody")
    for verb in ("start", "build", "refresh", "destroy", "delete", "undefine", "dumpxml"):
        s.v("pool-" + verb, "--pool", "nobody")
    s.v("vol-list", "--pool", "nobody")
    s.v("vol-info", "--bytes", "--pool", "nobody", "--vol", "x")
    s.v("vol-create-as", "--pool", "nobody", "--name", "x", "--capacity", "1")
    s.v("vol-delete", "--pool", "nobody", "--vol", "x")
    s.see("nobody", "nobody2")
    s.see_network("nobody")
    s.see_pool("nobody")


def bad_xml(s):
    s.part = "bad XML"
    for kind, good in (("", domain()), ("net-", network()), ("pool-", pool())):
        flags = () if kind else ("--validate",)
        s.v(f"{kind}define", *flags, "--file", "no-such-file.xml")
        s.define(kind, "", *flags)
        s.define(kind, "<nonsense", *flags)
        s.define(kind, "<nonsense/>", *flags)
        for old, new in (("<name>", "<name></name><nonsense>"), ("<uuid>5f", "<uuid>zz"),
                         ("</uuid>", "</uuid>\n  <nonsense/>")):
            if new.startswith("<name>"):
                good = good.replace("</name>", "</nonsense>", 1)
            s.define(kind, good.replace(old, new, 1), *flags)
            good = good.replace("</nonsense>", "</name>", 1)


def pools(s):
    s.part = "pools"
    s.define("pool-", pool(BASES, 2))
    s.define("pool-", pool())
    s.define("pool-", pool())
    s.define("pool-", pool(number=3))
    s.define("pool-", pool("other-name"))
    s.define("pool-", pool("other-name", 4, LAB))
    s.see_pool(LAB)
    s.v("pool-list", "--all", "--name")
    s.v("pool-start", "--pool", LAB)
    for verb in ("refresh", "destroy"):
        s.v("pool-" + verb, "--pool", LAB)
    for name in (BASES, LAB):
        for verb in ("build", "build", "start", "start", "refresh"):
            s.v("pool-" + verb, "--pool", name)
    s.host("modes", [oct(os.stat(place(f"{IMAGES}/{LAB}")).st_mode & 0o7777)])
    s.see_pool(LAB)
    s.v("pool-list", "--all", "--name")
    for verb in ("undefine", "delete"):
        s.v("pool-" + verb, "--pool", BASES)
    s.define("pool-", pool())
    s.see_pool(LAB)


def info(s, pool_, name):
    s.v("vol-info", "--bytes", "--pool", pool_, "--vol", name)
    s.v("vol-info", "--bytes", "--pool", pool_, "--vol", name, "--physical")


def volumes(s):
    s.part = "volumes"
    base, raw = f"{IMAGES}/{BASES}/base.qcow2", ("--allocation", "0", "--format", "raw")
    s.run(["qemu-img", "create", "-q", "-f", "qcow2", "base", "64M"])
    size = os.path.getsize("base")
    s.v("vol-list", "--pool", LAB)
    s.create(BASES, "base.qcow2", size, *raw)
    s.create(BASES, "base.qcow2", size, *raw)
    info(s, BASES, "base.qcow2")
    upload = ("vol-upload", "--sparse", "--pool", BASES, "--vol")
    s.v(*upload, "base.qcow2", "--file", "no-such-file")
    s.v(*upload, "nobody", "--file", "base")
    s.v(*upload, "base.qcow2", "--file", "base")
    info(s, BASES, "base.qcow2")
    with open(place(base), "rb") as there, open("base", "rb") as here:
        s.host("uploaded bytes are the same", there.read() == here.read())
    s.create(BASES, "base.qcow2.ok", 0, *raw)
    info(s, BASES, "base.qcow2.ok")
    with open("big", "wb") as f:
        f.write(b"x" * 8192)
        f.truncate(3 << 20)
    s.v(*upload, "base.qcow2.ok", "--file", "big")
    info(s, BASES, "base.qcow2.ok")
    overlay = ("--format", "qcow2", "--backing-vol-format", "qcow2", "--backing-vol")
    s.create(LAB, "n1.qcow2", 1 << 20, *overlay, f"{IMAGES}/{BASES}/nobody")
    s.create(LAB, "n1.qcow2", 1 << 30, *overlay, base)
    s.create(LAB, "n1.qcow2", 1 << 30, *overlay, base)
    info(s, LAB, "n1.qcow2")
    for size in (1 << 31, 1 << 31, 1 << 20):
        s.v("vol-resize", "--pool", LAB, "--vol", "n1.qcow2", "--capacity", str(size))
    info(s, LAB, "n1.qcow2")
    s.v("vol-resize", "--pool", LAB, "--vol", "nobody", "--capacity", "1")
    s.create(LAB, "a file", 4096, *raw)
    s.create(LAB, "sub/dir", 4096, *raw)
    s.v("vol-list", "--pool", LAB)
    for _ in (1, 2):
        s.v("vol-delete", "--pool", LAB, "--vol", "a file")
    info(s, LAB, "a file")
    s.v("vol-create-as", "--pool", LAB, "--name", "x", "--capacity", "big")
    # Behind libvirt's back.
    with open(place(f"{IMAGES}/{LAB}/by-hand"), "wb"):
        pass
    os.unlink(place(f"{IMAGES}/{BASES}/base.qcow2.ok"))
    s.create(LAB, "by-hand", 4096, *raw)
    s.v("vol-list", "--pool", LAB)
    info(s, BASES, "base.qcow2.ok")
    s.v("vol-delete", "--pool", BASES, "--vol", "base.qcow2.ok")
    for name in (BASES, LAB):
        s.v("pool-refresh", "--pool", name)
        s.v("vol-list", "--pool", name)


def networks(s):
    s.part = "networks"
    s.define("net-", network())
    s.define("net-", network())
    s.define("net-", network(number=0x12))
    s.define("net-", network("other-name"))
    s.define("net-", network("chk-net2", 0x13))
    s.define("net-", network("chk-net3", 0x14, "labchk3"))
    s.define("net-", network("chk-net4", 0x15, "labchk4", None))
    s.define("net-", network("other-name", device="labchk9"))
    s.define("net-", network("bad address", 0x16, "labchk5", "192.168.999.1"))
    s.v("net-list", "--all", "--uuid")
    s.define("net-", "<network><name>virbr</name></network>")
    s.v("net-list", "--all", "--name")
    s.v("net-dumpxml", "--network", uuid(0x11), "--inactive")
    s.v("net-list", "--name")
    s.see_network("chk-net")
    s.see_network("virbr")
    s.v("net-destroy", "--network", "chk-net")
    s.v("net-start", "--network", "chk-net")
    s.v("net-start", "--network", "chk-net")
    s.v("net-start", "--network", uuid(0x11))
    s.v("net-start", "--network", "chk-net3")
    s.v("net-start", "--network", "chk-net4")
    s.bridges()
    s.see_network("chk-net")
    s.see_network("chk-net3")
    # A new definition of what runs: it counts from the next start.
    s.define("net-", network(address="192.168.77.1"))
    s.see_network("chk-net")
    s.v("net-undefine", "--network", "chk-net4")
    s.see_network("chk-net4")
    s.v("net-list", "--all", "--name")
    s.v("net-destroy", "--network", "chk-net4")
    s.see_network("chk-net4")
    s.v("net-destroy", "--network", "chk-net")
    s.bridges()
    for name in ("virbr", "chk-net3"):
        s.v("net-undefine", "--network", name)
    # The host has the bridge, or the addresses, already.
    s.run("ip link add labchk0 type bridge".split())
    s.v("net-start", "--network", "chk-net")
    s.run("ip link delete labchk0".split())
    for line in ("link add labother type bridge", "address add 192.168.77.9/24 dev labother",
                 "link set labother up"):
        s.run(["ip", *line.split()])
    s.v("net-start", "--network", "chk-net")
    s.run("ip link delete labother".split())
    s.bridges()
    # The last step's network is defined and off.


def take_down(s):
    s.part = "take down"
    s.v("net-destroy", "--network", "chk-net")
    for _ in (1, 2):
        s.v("net-undefine", "--network", "chk-net")
    s.v("pool-destroy", "--pool", LAB)
    for verb in ("destroy", "refresh", "delete"):
        s.v("pool-" + verb, "--pool", LAB)
    s.v("vol-list", "--pool", LAB)
    s.create(LAB, "x", 1)
    s.v("vol-info", "--bytes", "--pool", LAB, "--vol", "x")
    s.v("vol-delete", "--pool", LAB, "--vol", "n1.qcow2")
    s.v("pool-start", "--pool", LAB)
    names = [line.split()[0] for line in s.v("vol-list", "--pool", LAB).splitlines() if line]
    for name in names:
        s.v("vol-delete", "--pool", LAB, "--vol", name)
    for verb in ("destroy", "delete", "start", "undefine", "undefine"):
        s.v("pool-" + verb, "--pool", LAB)
    s.v("pool-destroy", "--pool", BASES)
    s.v("pool-undefine", "--pool", BASES)
    s.v("pool-list", "--all", "--name")
    s.bridges()


def run():
    s = Steps()
    for part in (connection, nothing, bad_xml, pools, volumes, networks,
                 virsh_power_steps.definitions, virsh_snapshot_steps.snapshots, virsh_power_steps.power, take_down):
        part(s)
    return s.seen
