"""What can be wrong with a guest of the double: words in the file "faults" in GUEST_DOUBLE_DIR, which
may be put in and taken out at any time; "reached-WORD" appears beside it when one has come to effect. Where a guest stops because of one it goes on once the word is
gone, as one does that somebody has mended and reset.

silent          prints nothing and never comes up
panic, emergency, reboots   stops there, and its console says so
no-seed         sees no medium labelled cidata
no-sshd         comes up without sshd: the port is refused
closes, mute, drip   in place of sshd: closes at once; says nothing; a banner that never ends
slow            sshd's bytes come and go one by one
stranger        an sshd with another host key, which writes down what it is asked (/var/log/stranger)
keyless         sshd does not know the lab's key (/var/log/keyless)
cd-fails        reading the payload's large files from the CD is an input/output error
df-lies         df tells of room that is not there
hold            cloud-init does not come to its end
clock=FILE      the guest has a clock of its own (tests/faults/pretend.c, built), which can be set"""

import os
import shutil
import socket
import subprocess
import threading
import time

CONSOLES = {
    "panic": (
        "VFS: Cannot open root device \"UUID=1f2e\" or unknown-block(0,0): error -6",
        "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        "---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---"),
    "emergency": (
        "[DEPEND] Dependency failed for local-fs.target - Local File Systems.",
        "You are in emergency mode. After logging in, type \"journalctl -xb\" to view",
        "system logs, \"systemctl reboot\" to reboot, \"systemctl default\" or \"exit\"",
        "to boot into default mode.",
        "Give root password for maintenance",
        "(or press Control-D to continue): "),
}
BOOT = "Linux version 6.1.0-double (a double: no kernel at all)"


class Faults:
    """Readable from inside the guest's root, too."""

    def __init__(self, folder):
        self.folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def words(self):
        try:
            with open(os.open("faults", os.O_RDONLY, dir_fd=self.folder), encoding="utf-8") as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def has(self, word):
        return word in self.words()

    def value(self, key):
        return next((w.partition("=")[2] for w in self.words() if w.startswith(key + "=")), None)

    def reach(self, word):
        os.close(os.open("reached-" + word, os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=self.folder))

    def rest(self, word):
        """As long as it has this fault."""
        if self.has(word):
            self.reach(word)
        while self.has(word):
            time.sleep(0.05)


# --- before anything answers ---------------------------------------------------------------------


def boot(faults, say):
    """The kernel, and what can go wrong before there is a network."""
    faults.rest("silent")
    say(BOOT)
    while faults.has("reboots"):
        faults.reach("reboots")
        say("systemd[1]: Reached target reboot.target - System Reboot.")
        say("reboot: Restarting system")
        time.sleep(0.2)
        say(BOOT)
    for word, lines in CONSOLES.items():
        if faults.has(word):
            for line in lines:
                say(line)
            faults.rest(word)
            say(BOOT)


def seedless(faults, say):
    """Up, and nobody told it who it is. Afterwards it is switched off."""
    say("cloud-init[412]: Cloud-init v. 22.4.2 finished at Sat, 21 Nov 2026 12:00:00 +0000. "
        "Datasource DataSourceNone.  Up 6.12 seconds")
    say("debian login: ")
    faults.rest("no-seed")
    os._exit(0)


def own_clock(root, library):
    """All programs of the guest have it, and no other."""
    os.makedirs(root + "/usr/local/lib", exist_ok=True)
    shutil.copy(library, root + "/usr/local/lib/pretend.so")
    with open(root + "/run/pretend-clock", "wb") as f:
        f.write(bytes(16))
    with open(root + "/etc/ld.so.preload", "w", encoding="utf-8") as f:
        f.write("/usr/local/lib/pretend.so\n")


# --- who opens the door --------------------------------------------------------------------------


def listen():
    listener = socket.create_server(("", 22))
    listener.settimeout(0.05)
    return listener


def visits(faults, word):
    with listen() as listener:
        if faults.has(word):
            faults.reach(word)
        while faults.has(word):
            try:
                yield listener.accept()[0]
            except TimeoutError:
                pass


def closes(faults):
    for visit in visits(faults, "closes"):
        visit.close()


def mute(faults):
    kept = list(visits(faults, "mute"))  # a visitor that is forgotten would be closed
    del kept


def drip_to(visit):
    try:
        for byte in b"SSH-2.0-" + b"x" * 10000:
            visit.sendall(bytes((byte,)))
            time.sleep(0.2)
    except OSError:
        pass


def drip(faults):
    for visit in visits(faults, "drip"):
        threading.Thread(target=drip_to, args=(visit,), daemon=True).start()


def pump(source, sink):
    try:
        while data := source.recv(4096):
            for i in range(len(data)):
                sink.sendall(data[i:i + 1])
    except OSError:
        pass
    sink.close()


def relay(faults):
    for visit in visits(faults, "slow"):
        inner = socket.create_connection(("127.0.0.1", 2222))
        for s in (visit, inner):
            s.settimeout(None)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pair in ((visit, inner), (inner, visit)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def sshd(key, *options):
    return subprocess.Popen(
        ("/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", key,
         "-o", "PermitRootLogin=prohibit-password", "-o", "UsePAM=no", "-o", "StrictModes=no",
         "-o", "UseDNS=no", "-o", "PerSourceMaxStartups=none", "-o", "MaxStartups=100") + options,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open("/var/log/sshd", "ab"))


def instead(faults, word, key, *options):
    """Another sshd until the word is gone. Nobody is logged in there, and so nothing outlives it."""
    other = sshd(key, "-E", "/var/log/" + word, "-o", "LogLevel=DEBUG3", *options)
    faults.rest(word)
    other.kill()
    other.wait()


def door(faults):
    """Returns the real sshd, once nothing stands in its place."""
    key = "/etc/ssh/double_key"
    faults.rest("no-sshd")
    closes(faults)
    mute(faults)
    drip(faults)
    if faults.has("stranger"):
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/other_key"),
                       check=True, stdin=subprocess.DEVNULL)
        instead(faults, "stranger", "/etc/ssh/other_key")
    if faults.has("keyless"):
        instead(faults, "keyless", key, "-o", "AuthorizedKeysFile=none")
    if faults.has("slow"):
        inner = sshd(key, "-p", "2222")
        threading.Thread(target=relay, args=(faults,), daemon=True).start()
        return inner
    return sshd(key)
