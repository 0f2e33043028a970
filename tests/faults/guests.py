"""Guests that do not come up, or not as they should."""

import glob
import os

from host import Wrong, fault


def ill(host, word, status, *patterns):
    """Time runs faster once the guest has come to it."""
    host.describe("wait: {stall: %ds}\n" % (60 if host.hypervisor == "vmware" else 90))
    host.guest(word)
    process = host.begin("up")
    host.reached(word, process)
    host.hasten(process)
    host.judge(*host.end(process), status, patterns)


def heard(host, word):
    """What the server that stood in for the guest's wrote down."""
    logs = glob.glob(f"{host.env['GUEST_DOUBLE_DIR']}/*/upper/var/log/{word}")
    return "".join(open(path, encoding="utf-8", errors="replace").read() for path in logs)


@fault
def guest_does_not_boot(host):
    """One after the other, each instead of the one before it."""
    ill(host, "silent", 6, "n1.*(no answer|no route)", "serial console .* is empty")
    ill(host, "reboots", 5, "n1.*starts again and again: [0-9]+ boots")
    ill(host, "panic", 5, "n1.*kernel panic.*unknown-block")
    ill(host, "emergency", 5, "n1.*emergency mode: .*Dependency failed for local-fs")
    host.guest()
    host.mended()


@fault
def guest_without_seed(host):
    ill(host, "no-seed", 5, "n1.*found no seed", "cidata")
    host.guest()
    host.mended()


@fault
def guest_opens_no_door(host):
    ill(host, "no-sshd", 6, r"n1.*connection refused by 192\.168\.6\.\d+:22")
    ill(host, "closes", 6, "n1.*accepts TCP and closes without an SSH banner")
    ill(host, "mute", 6, "n1.*accepts TCP.* no SSH banner.*sshd not up yet")
    ill(host, "drip", 6, "n1.*SSH handshake with [0-9.:]+ did not finish in [26]0 s")
    host.guest()
    host.mended()


@fault
def guest_speaks_byte_by_byte(host):
    """Slow is no failure."""
    host.guest("slow")
    host.expect(0)
    host.whole()


@fault
def stranger_at_the_address(host):
    ill(host, "stranger", 8, "n1.*host key differs: expected SHA256:[^ ]+ got SHA256:",
           "no login was tried")
    log = heard(host, "stranger")
    if "SSH2_MSG_KEXINIT received" not in log:
        raise Wrong("the stranger's log tells of no visit: " + log[-500:])
    if "userauth" in log:
        raise Wrong("a credential was offered to the stranger:\n" + log)
    host.guest()
    host.mended()


@fault
def guest_refuses_the_key(host):
    ill(host, "keyless", 6, "n1.*login refused for user '[a-z]+' with the lab's key",
        "the guest has no user 'lab', or not the lab's key for it.*up --recreate n1")
    if any("wait.stall" in line for line in host.told[-1][1]):
        raise Wrong(f"more time does not help: {host.told[-1][1]}")
    host.expect(5, "n1: login refused for user 'lab'", "up --recreate n1", command="exec -- true")
    if "userauth-request for user" not in heard(host, "keyless"):
        raise Wrong("no login in the log, so the stranger's would not show one either")
    host.guest()
    host.mended()


@fault
def guest_disk_too_small_for_payload(host):
    folder = host.env["GUEST_DOUBLE_DIR"]
    host.small(folder, "60m")
    host.describe(host.payload(4))
    host.expect(5, "not enough free space for the payload: [0-9]+ MiB needed.* [0-9]+ MiB free")
    os.system(f"mount -o remount,size=2g {folder}")
    host.anew()


@fault
def guest_fills_its_disk(host):
    folder = host.env["GUEST_DOUBLE_DIR"]
    host.small(folder, "12m")
    host.guest("df-lies")
    host.describe(host.payload(16))
    host.expect(5, "copying the ISO failed.*No space left on device.*file data",
                "the guest's disk is full.*give the node a larger disk_size")
    os.system(f"mount -o remount,size=2g {folder}")
    host.guest()
    host.anew()


@fault
def guest_loses_its_cd(host):
    host.guest("cd-fails")
    more = host.payload(2)
    host.describe(more)
    host.expect(5, "copying the ISO failed.*Input/output error.*file data")
    host.guest()
    host.anew()
