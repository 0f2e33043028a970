"""A host and its lab for one fault: the box of tests/crash/run, and ways to break what is in it."""

import importlib.machinery
import importlib.util
import json
import os
import re
import signal
import struct
import subprocess
import time

HERE = os.path.dirname(os.path.realpath(__file__))


def load(name, path):
    """Of a program, whose name has no suffix."""
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


crash = load("crash", os.path.dirname(HERE) + "/crash/run")
Wrong, call = crash.Wrong, crash.call

FAULTS = {"vmware": {}, "libvirt": {}}  # name: function
PROGRAMS = {"vmware": crash.DOUBLE + "/vmrun", "libvirt": crash.DOUBLE + "/libvirt/virsh"}


def fault(function, providers=("vmware", "libvirt")):
    """A case: breaks something in the host that it gets, and says what labctl has to say."""
    for provider in providers:
        FAULTS[provider][function.__name__.replace("_", "-")] = function
    return function


def vmware(function):
    return fault(function, ("vmware",))


def libvirt(function):
    return fault(function, ("libvirt",))


class Host(crash.Box):
    lab_yaml = crash.HEAD + ("nodes: [{{name: n1, cpu: 1, memory: 256Mi, disk_size: 1Gi, "  # a payload fits
                             "networks: [default]}}]\n")
    nodes = 1

    def __init__(self, options):
        super().__init__(options.provider, options.labctl, None)
        self.hypervisor, self.program = options.provider, PROGRAMS[options.provider]
        self.env.update(LD_PRELOAD=options.pretend, PRETEND_CLOCK=self.work + "/clock",
                        ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))
        self.pretend = options.pretend
        self.jump(0, 0)
        self.plain = open(self.lab, encoding="utf-8").read()
        self.kept = set()  # folders that the user made
        self.provider.left, left = lambda: (p for p in left() if p not in self.kept), self.provider.left
        self.device = None
        self.told = []  # (exit status, what was said)
        self.tried = self.named = 0

    # --- the lab

    def describe(self, more=""):
        """lab.yaml, with more lines."""
        with open(self.lab, "w", encoding="utf-8") as f:
            f.write(self.plain + more)

    def payload(self, mebibytes):
        os.makedirs(self.work + "/payload", exist_ok=True)
        with open(self.work + "/payload/data", "wb") as f:
            for _ in range(mebibytes):
                f.write(os.urandom(1 << 20))
        return "payload: {dir: ./payload}\n"

    # --- breaking

    def hasten(self, process):
        """Lets labctl's minute pass in six seconds, without the leaps that are a pause of the host."""
        ahead = 0
        while process.poll() is None:
            ahead += 1
            self.jump(0, ahead)
            time.sleep(0.1)
        self.jump(0, 0)

    def guest(self, *words):
        """What is wrong with the guest from now on (double/lib/ailments.py)."""
        folder = self.env["GUEST_DOUBLE_DIR"]
        os.makedirs(folder, exist_ok=True)
        with open(folder + "/faults.new", "w", encoding="utf-8") as f:
            f.write(" ".join(words))
        os.rename(folder + "/faults.new", folder + "/faults")

    def jump(self, wall_s, monotonic_s):
        """labctl's clocks are this far ahead of the host's."""
        path = self.work + "/clock"
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(bytes(16))
        with open(path, "r+b") as f:
            f.write(struct.pack("qq", int(wall_s * 1000), int(monotonic_s * 1000)))

    def reached(self, word, process):
        """Until the guest has come to its fault, or labctl has ended."""
        path = f"{self.env['GUEST_DOUBLE_DIR']}/reached-{word}"
        while not os.path.exists(path) and process.poll() is None:
            time.sleep(0.02)

    def cut_power(self):
        """Of all guests of this box: its PID namespace has no others."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    if (crash.DOUBLE + "/guest").encode() in f.read().split(b"\0"):
                        os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass  # it has ended meanwhile

    def vmrun(self, options):
        self.env["VMRUN_DOUBLE_OPTIONS"] = "tools=0 settle=0 " + options

    def other_program(self, script):
        """In the double's place, a shell script; $REAL is the double. None: the double again."""
        folder = self.work + "/bin"
        path = f"{folder}/{os.path.basename(self.program)}"
        os.makedirs(folder, exist_ok=True)
        if script is None:
            os.unlink(path)
            return
        self.env["REAL"] = self.program
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + script)
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)
        if not self.env["PATH"].startswith(folder):
            self.env["PATH"] = folder + ":" + self.env["PATH"]

    def small(self, folder, size, *more):
        """A disk of its own for a folder."""
        os.makedirs(folder, exist_ok=True)
        self.kept.add(folder)
        call("mount", "-t", "tmpfs", "-o", ",".join((f"size={size}", *more)), "tmpfs", folder)

    def bridge(self):
        """The device that the lab's network has now; the last one, once it is gone."""
        if self.hypervisor == "vmware":
            return "vmnet1"
        links = subprocess.run(("ip", "-o", "link", "show", "type", "bridge"), capture_output=True, text=True,
                               check=True).stdout
        self.device = links.split(": ")[1] if links else self.device
        return self.device

    def virsh(self, *words):
        """As somebody else would, by hand."""
        done = subprocess.run((self.program, "-q", "-c", "qemu:///system", *words), env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Wrong(f"virsh {words}: {done.stdout}")
        return done.stdout

    def libvirtd(self, name, text=None):
        """Makes it go away (double/lib/virsh_lost.py), or come back."""
        path = f"{self.provider.state}/{name}"
        if text is None:
            os.unlink(path)
            return
        os.makedirs(self.provider.state, exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(path + ".new", path)

    # --- looking

    def judge(self, status, text, wanted, patterns, quiet=False):
        flat = re.sub(r"\s+", " ", text)
        told = re.findall(r"(?m)^(labctl: .*|  (?:try|next): .*)$", text)
        for line in filter(lambda line: line.startswith("{"), text.splitlines()):
            told += [f"  {key}: {value}" for key, value in json.loads(line).items()
                     if key in ("reason", "hint") and value]
        told += re.findall(r"failed at '[-a-z]+':\n((?:  (?![|]).*\n)+)", text)
        self.tried += not quiet
        if not quiet:
            self.told.append((status, told or text.splitlines()[-2:]))
        if status != wanted:
            raise Wrong(f"exit status {status}, not {wanted}\n{text}{self.log()}")
        for pattern in patterns:
            if not re.search(pattern, flat):
                raise Wrong(f"no word of /{pattern}/:\n{text}")
        self.named += not quiet

    def expect(self, wanted, *patterns, command="up"):
        """The exit status, and the words that a user needs."""
        self.judge(*self.run(command), wanted, patterns)

    def begin(self, command, *more):
        """A labctl that goes on beside the test; its events come as lines."""
        return subprocess.Popen((self.labctl, "-f", self.lab, command, "-o", "ndjson") + more, env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    @staticmethod
    def until(process, gate, state="waiting"):
        """Reads until the node's gate has come to that."""
        seen = []
        for line in process.stdout:
            seen.append(line)
            if line.startswith("{"):
                event = json.loads(line)
                if event.get("gate") == gate and event.get("state") == state:
                    return
        raise Wrong(f"never {state} at {gate}:\n{''.join(seen)}")

    @staticmethod
    def end(process):
        text = process.stdout.read()
        return process.wait(), text

    def files(self, folder):
        """Contents of what has its final name."""
        found = {}
        for at, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(at, name)
                if not name.endswith((".part", ".log", ".lock")) and os.path.isfile(path):
                    with open(path, "rb") as f:
                        found[path] = f.read()
        return found

    def mended(self):
        """With the fault gone, the lab becomes whole, and goes away whole."""
        self.describe()
        self.mend("up")

    def anew(self):
        self.describe()
        self.good("up --recreate -y")
        self.whole()
