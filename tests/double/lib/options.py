"""The double's switches, from the environment.

VMRUN_DOUBLE_DIR      folder of its state (who runs); default /tmp/vmrun-double-UID
PYTHONPYCACHEPREFIX   where its compiled parts are kept; default: beside that folder, NAME.compiled
VMRUN_DOUBLE_QEMU     the QEMU program; default qemu-system-x86_64
VMRUN_DOUBLE_ACCEL    kvm or tcg; default tcg
VMRUN_DOUBLE_NET      "VMnet1=bridge:BRIDGE VMnet2=tap:DEVICE VMnet8=user"; a vnet that is not named
                      here has no cable. With "bridge" a tap is made and removed (needs root).
VMRUN_DOUBLE_OVMF     "CODE:VARS", two files, for firmware = "efi"
VMRUN_DOUBLE_OPTIONS  words, separated by blanks:
  hang=VERB,VERB   these verbs never end
  questions        what no answer key answers makes a start wait for a click (uuid, serial, ISO)
  exit0            errors end with status 0
  crlf             list and VMX with CRLF, as on Windows
  recase           keys and list paths in another case than ours
  codepage=NAME    the VMX is saved in this encoding ("windows-949")
  foreign          the list has one VM more
  drive=LETTER     the VMX was written on Windows (or Wine), where this drive is our root: Z:\\a is /a
  settle=SECONDS   between leaving the list and the last writing of the VMX; default 1
  no-locks, no-rewrite
  max-hardware=N   the newest virtualHW.version that is known; default 20
  missing-disk=canceled  the other known words for a disk that is not there
  reserved-mac     refuse a static address in 00:0c:29
  tools=SECONDS    from the start until Tools answer; "never"; default 1
  deaf             the guest does not hear a soft stop: it waits for ever
  cancel           every start is canceled
  no-snapshots     as VMware Player: it has none
  keep-child       a snapshot that is deleted is merged upwards: the disk keeps the name of the child
"""

import os


def words():
    return os.environ.get("VMRUN_DOUBLE_OPTIONS", "").split()


def on(name):
    return name in words()


def value(name, default):
    for word in words():
        key, equals, rest = word.partition("=")
        if key == name and equals:
            return rest
    return default


def seconds(name, default):
    text = value(name, None)
    return default if text is None else float("inf") if text == "never" else float(text)


def hangs(verb):
    return verb.lower() in value("hang", "").lower().split(",")


def state_folder():
    folder = os.environ.get("VMRUN_DOUBLE_DIR") or f"/tmp/vmrun-double-{os.getuid()}"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def qemu():
    return os.environ.get("VMRUN_DOUBLE_QEMU") or "qemu-system-x86_64"


def accelerator():
    return os.environ.get("VMRUN_DOUBLE_ACCEL") or "tcg"


def ovmf():
    code, _, variables = os.environ.get("VMRUN_DOUBLE_OVMF", "").partition(":")
    return (code, variables) if code and variables else None


def cable(vnet):
    """("bridge", name), ("tap", name), ("user", "") or None for a vnet: VMnet1 = /dev/vmnet1."""
    wanted = vnet.lower().rpartition("/")[2]
    for entry in os.environ.get("VMRUN_DOUBLE_NET", "").split():
        name, _, target = entry.partition("=")
        if name.lower() == wanted:
            kind, _, device = target.partition(":")
            return kind, device
    return None
