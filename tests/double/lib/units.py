"""What the guest double's PID 1 does of systemd: units of k3s's kind (Type=notify or simple, Restart=,
a tenth of RestartSec=, NOTIFY_SOCKET), started when they are asked for, and at boot when they are enabled.
No dependencies, no ExecStartPre=, no cgroups: what a unit leaves running is not seen.

/run/double-init          calls of guest-bin/systemctl: a FIFO with lines "PID VERB UNIT"; the answer, "ok" or
                          a sentence, goes to the FIFO /run/double-reply.PID, which the caller holds open
/run/double-units/UNIT    the state, in the words of systemctl show
/run/double-journal/UNIT  what it has printed in this boot, read by guest-bin/journalctl"""

import os
import re
import selectors
import shlex
import signal
import socket
import threading
import time

FOLDER = "/etc/systemd/system"
WANTS = FOLDER + "/multi-user.target.wants"
CALLS, STATES, JOURNAL = "/run/double-init", "/run/double-units", "/run/double-journal"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SUB = {"active": "running", "activating": "start", "inactive": "dead", "failed": "failed"}


class Unit:
    def __init__(self, name):
        self.name, self.state, self.pid, self.restarts = name, "inactive", None, 0
        self.wanted, self.again = False, None  # again: when to start it once more
        self.notified = None
        self.show()

    def show(self, sub=None):
        path = f"{STATES}/{self.name}"
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(f"ActiveState={self.state}\nSubState={sub or SUB[self.state]}\nNRestarts={self.restarts}\n")
        os.rename(path + ".new", path)

    def become(self, state, sub=None):
        self.state = state
        self.show(sub)

    def setting(self, key, default=""):
        with open(f"{FOLDER}/{self.name}.service", encoding="utf-8") as f:
            found = re.findall(rf"^{key}=(.*)$", f.read(), flags=re.M)
        return found[-1].strip() if found else default

    def environment(self):
        env = {"PATH": PATH, "LANG": "C.UTF-8"}
        path = f"{FOLDER}/{self.name}.service.env"
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                env.update(line.strip().split("=", 1) for line in f if "=" in line)
        return env

    def start(self, selector):
        self.again, self.wanted, env = None, True, self.environment()
        if self.setting("Type", "simple") == "notify":
            self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            env["NOTIFY_SOCKET"] = f"{STATES}/{self.name}.notify"
            if os.path.exists(env["NOTIFY_SOCKET"]):
                os.unlink(env["NOTIFY_SOCKET"])
            self.notified.bind(env["NOTIFY_SOCKET"])
            selector.register(self.notified, selectors.EVENT_READ, self)
        argv = shlex.split(self.setting("ExecStart"))
        output = os.open(f"{JOURNAL}/{self.name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.pid = os.posix_spawn(argv[0], argv, env, setsid=True, setsigmask=(), file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)))
            self.become("activating" if self.notified else "active")
        except OSError:
            self.become("failed")
        finally:
            os.close(output)

    def forget(self, selector):
        self.pid = None
        if self.notified:
            selector.unregister(self.notified)
            self.notified.close()
            self.notified = None


class Units:
    def __init__(self):
        self.units, self.waiting = {}, []  # callers of stop: (pid, unit, verb)
        for folder in (STATES, JOURNAL):
            os.mkdir(folder)
        os.mkfifo(CALLS, 0o600)
        self.calls = os.open(CALLS, os.O_RDWR | os.O_CLOEXEC)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.calls, selectors.EVENT_READ)
        threading.Thread(target=self.loop, daemon=True).start()

    # By PID 1's other thread.

    def boot(self):
        for name in sorted(os.listdir(WANTS)) if os.path.isdir(WANTS) else ():
            self.tell(f"0 start {name.removesuffix('.service')}")

    def ended(self, pid, status):
        self.tell(f"{pid} ended {status}")

    def tell(self, line):
        os.write(self.calls, line.encode() + b"\n")

    # The loop's.

    def loop(self):
        while True:
            due = [unit.again for unit in self.units.values() if unit.again is not None]
            timeout = max(0, min(due) - time.monotonic()) if due else None
            for key, _ in self.selector.select(timeout):
                if key.data:
                    if b"READY=1" in key.data.notified.recv(4096) and key.data.state == "activating":
                        key.data.become("active")
                    continue
                for line in os.read(self.calls, 65536).decode().splitlines():
                    number, verb, word = line.split()
                    if verb == "ended":
                        self.gone(int(number), int(word))
                    else:
                        self.call(int(number), verb, word)
            for unit in self.units.values():
                if unit.again is not None and unit.again <= time.monotonic():
                    unit.restarts += 1
                    unit.start(self.selector)

    def call(self, caller, verb, name):
        if not os.path.exists(f"{FOLDER}/{name}.service"):
            return self.answer(caller, f"Failed to {verb} {name}.service: Unit {name}.service not found.")
        unit = self.units.get(name) or self.units.setdefault(name, Unit(name))
        running = unit.pid is not None
        if verb in ("stop", "restart") and running:
            unit.wanted = False
            self.waiting.append((caller, unit, verb))
            os.kill(unit.pid, signal.SIGTERM)
            return None
        if verb == "stop":
            unit.wanted, unit.again = False, None
            unit.become("inactive")
        elif not running:
            unit.restarts = 0
            unit.start(self.selector)
        return self.answer(caller, "ok")

    def gone(self, pid, status):
        unit = next((u for u in self.units.values() if u.pid == pid), None)
        if unit is None:
            return
        unit.forget(self.selector)
        again = unit.setting("Restart", "no")
        if unit.wanted and (again == "always" or (again == "on-failure" and status != 0)):
            unit.become("activating", "auto-restart")
            unit.again = time.monotonic() + float(unit.setting("RestartSec", "1").rstrip("s")) / 10
        else:
            unit.become("failed" if unit.wanted and status != 0 else "inactive")
        for entry in [w for w in self.waiting if w[1] is unit]:
            self.waiting.remove(entry)
            if entry[2] == "restart":
                unit.start(self.selector)
            self.answer(entry[0], "ok")

    @staticmethod
    def answer(caller, text):
        if caller:
            try:
                fd = os.open(f"/run/double-reply.{caller}", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return  # it was killed meanwhile
            os.write(fd, text.encode() + b"\n")
            os.close(fd)
