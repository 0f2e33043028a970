"""The life of one VM: what vmware-vmx is to Workstation. A process of its own, apart from vmrun."""

import ctypes
import os
import signal
import subprocess
import time

import inspection
import locks
import options
import questions
import records
import rewrite
from machine import Machine
from qmp import Qmp
from refusal import Refusal, canceled

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Monitor:
    def __init__(self, d, vmx):
        self.d, self.vmx = d, vmx
        disks = [inspection.absolute(vmx, d.get(f"{s}.fileName")) for s in inspection.disks(d)]
        self.locked = [] if options.on("no-locks") else [vmx] + disks
        self.taps = []

    def log(self, line):
        with open(os.path.join(os.path.dirname(self.vmx), "vmware.log"), "a",
                  encoding="utf-8") as f:
            f.write(line + "\n")

    # --- start

    def start(self):
        """Returns the running QEMU; a Refusal when VMware would not power on."""
        locks.take(self.locked)
        try:
            asked = questions.open_questions(self.d, self.vmx)
            if asked and options.on("questions"):
                self.wait_for_a_click(asked)
            rewrite.at_start(self.d, self.vmx)
            return self.boot()
        except Refusal:
            locks.drop(self.locked)
            raise

    def wait_for_a_click(self, asked):
        """The VM stands in the list, and nothing happens until a hard stop."""
        self.log(f"Msg_Question: {' '.join(asked)}")
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
        records.write(self.vmx, question=asked, since=time.time())
        while not ended:
            time.sleep(0.05)
        records.remove(self.vmx)
        raise canceled("a question was not answered")

    def boot(self):
        qmp = records.stem(self.vmx) + ".qmp"
        records.remove(self.vmx)  # of a VM that crashed
        machine = Machine(self.d, self.vmx, qmp)
        args = machine.build()
        self.make_taps(machine.taps)
        self.log("QEMU " + " ".join(args))
        errors = open(os.path.join(os.path.dirname(self.vmx), "vmware.log"), "ab")
        qemu = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                preexec_fn=die_with_parent)
        self.wait_until_it_answers(qemu, qmp)
        records.write(self.vmx, qemu=qemu.pid, qmp=qmp, since=time.time())
        return qemu

    def wait_until_it_answers(self, qemu, path):
        for _ in range(600):
            if qemu.poll() is not None:
                self.remove_taps()
                raise canceled(f"QEMU ended with status {qemu.returncode}")
            try:
                Qmp(path).close()
                return
            except OSError:
                time.sleep(0.05)
        qemu.kill()
        raise canceled("QEMU does not answer")

    def make_taps(self, taps):
        for tap, bridge in taps:
            self.taps.append(tap)
            self.ip("tuntap", "add", "dev", tap, "mode", "tap")
            self.ip("link", "set", tap, "master", bridge, "up")

    def ip(self, *args):
        done = subprocess.run(("ip", *args), capture_output=True, text=True)
        if done.returncode != 0:
            self.remove_taps()
            raise canceled(f"ip {' '.join(args)}: {done.stderr.strip()}")

    def remove_taps(self):
        for tap in self.taps:
            subprocess.run(("ip", "link", "del", tap), capture_output=True)
        self.taps = []

    # --- end

    def run(self, qemu):
        """Until the VM is off, and then what VMware still does after it left the list."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        qemu.wait()
        record = records.find(self.vmx) or {}
        soft = os.path.exists(records.stem(self.vmx) + ".soft")
        self.log(f"VM off after {time.time() - record.get('since', 0):.1f} s")
        self.remove_taps()
        records.remove(self.vmx)
        time.sleep(options.seconds("settle", 1))
        rewrite.at_exit(self.d, self.vmx, soft)
        locks.drop(self.locked)


def die_with_parent():
    """A monitor that is killed is a crash of VMware: nothing is tidied up, but no guest stays."""
    ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, signal.SIGKILL)


def detach():
    """Out of the caller's session, its folder and its output, so that no pipe stays open."""
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def spawn(d, vmx):
    """Starts the monitor and waits until the VM is on, as `vmrun start` does; a Refusal if not."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        detach()
        if os.fork() != 0:
            os._exit(0)
        live(d, vmx, writing)
        os._exit(0)
    os.close(writing)
    os.wait()
    with open(reading, encoding="utf-8") as pipe:
        answer = pipe.read()
    if answer != "on":
        raise Refusal(answer or "Unknown error")


def live(d, vmx, writing):
    monitor = Monitor(d, vmx)
    qemu = None
    try:
        qemu = monitor.start()
        answer = "on"
    except Refusal as refusal:
        answer = refusal.said
        if refusal.logged:
            monitor.log(f"Msg_Post: Error\n[msg.double] {refusal.logged}")
    except Exception as e:  # a defect of the double: told, not swallowed
        answer = f"the vmrun double failed: {e!r}"
    try:
        os.write(writing, answer.encode())
    except BrokenPipeError:
        pass  # vmrun was killed meanwhile
    os.close(writing)
    if qemu:
        monitor.run(qemu)
