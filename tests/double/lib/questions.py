"""What VMware asks at a power-on, which nobody answers where there is no window."""

import os

import inspection


def open_questions(d, vmx):
    """The message ids that no key answers."""
    if d.boolean("msg.autoAnswer", False):
        return []
    asked = []
    if moved(d, vmx) and d.get("uuid.action", "") not in ("keep", "create"):
        asked.append("msg.uuid.altered")
    if appends_to_log(d, vmx):
        asked.append("msg.serial.file.open")
    if missing_isos(d, vmx):
        asked.append("msg.cdromimage.cantopen")
    return [m for m in asked if d.get(f"answer.{m}") is None]


def location(vmx):
    """16 bytes that stand for the place of the file."""
    import hashlib

    digest = hashlib.md5(os.path.realpath(vmx).encode()).digest()
    return spelled(b"\x56\x4d" + digest[2:])


def spelled(raw):
    pairs = [f"{b:02x}" for b in raw]
    return " ".join(pairs[:8]) + "-" + " ".join(pairs[8:])


def moved(d, vmx):
    before = d.get("uuid.location")
    return before is not None and before != location(vmx)


def appends_to_log(d, vmx):
    if d.get("serial0.fileType") != "file" or not d.boolean("serial0.present", False):
        return False
    log = inspection.absolute(vmx, d.get("serial0.fileName", ""))
    return os.path.isfile(log) and os.path.getsize(log) > 0


def missing_isos(d, vmx):
    return [
        s
        for s in inspection.cdroms(d)
        if d.get(f"{s}.deviceType", "").lower() == "cdrom-image"
        and d.boolean(f"{s}.startConnected", True)
        and not os.path.isfile(inspection.absolute(vmx, d.get(f"{s}.fileName", "")))
    ]
