"""A VMX as QEMU's arguments."""

import hashlib
import json
import os
import re
import shutil

import inspection
import options
import questions
from refusal import canceled

SCSI_DEVICES = {"pvscsi": "pvscsi", "lsilogic": "mptsas1068", "lsisas1068": "mptsas1068"}
MODELS = {"vmxnet3": "vmxnet3", "e1000": "e1000", "e1000e": "e1000e", "vlance": "pcnet"}
SATA_PORTS = 6  # of QEMU's controller; VMware's has 30


def commas(text):
    return text.replace(",", ",,")


def boot_index(d, device):
    """Of "hdd", "cdrom", "ethernet0"; words that are no tokens are ignored, as VMware does."""
    order = d.get("bios.bootOrder", "hdd,cdrom").lower().split(",")
    known = [t for t in order if t in ("hdd", "cdrom") or t.startswith("ethernet")]
    return known.index(device) if device in known else None


class Machine:
    def __init__(self, d, vmx, qmp):
        self.d, self.vmx, self.qmp = d, vmx, qmp
        self.taps = []  # (tap, bridge) to be made before the start
        self.args = []
        self.index = 0

    def add(self, *args):
        self.args += args

    def device(self, text, order=None):
        """order: the boot token; each device of a kind comes after the one before it."""
        place = None if order is None else boot_index(self.d, order)
        if place is not None:
            self.index += 1
            text += f",bootindex={place * 100 + self.index}"
        self.add("-device", text)

    def build(self):
        self.basics()
        self.firmware()
        self.controllers()
        for slot in inspection.disks(self.d):
            self.disk(slot)
        for slot in inspection.cdroms(self.d):
            self.cdrom(slot)
        for nic in inspection.nics(self.d):
            self.nic(nic)
        self.serial()
        return [options.qemu()] + self.args

    def basics(self):
        d, accel = self.d, options.accelerator()
        cpus = d.number("numvcpus", 1)
        cores = d.number("cpuid.coresPerSocket", 1)
        uuid = re.sub(r"[^0-9a-f]", "", d.get("uuid.bios", "").lower())
        dashed = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
        clock = "utc" if d.get("rtc.diffFromUTC") == "0" else "localtime"
        self.add("-name", commas(d.get("displayName", "VM")), "-machine", "pc", "-accel", accel)
        self.add("-cpu", "host" if accel == "kvm" else "max", "-m", str(d.number("memsize", 256)))
        self.add("-smp", f"{cpus},sockets={cpus // cores},cores={cores}", "-uuid", dashed)
        self.add("-nodefaults", "-display", "none", "-vga", "std", "-rtc", f"base={clock}")
        self.add("-smbios", "type=1,manufacturer=VMware,, Inc.,product=VMware Virtual Platform,"
                 f"serial=VMware-{d.get('uuid.bios', '')}")
        self.add("-qmp", f"unix:{commas(self.qmp)},server=on,wait=off")

    def firmware(self):
        if self.d.get("firmware", "bios").lower() != "efi":
            return
        files = options.ovmf()
        if not files:
            raise canceled("the double has no EFI firmware: set VMRUN_DOUBLE_OVMF")
        nvram = inspection.absolute(self.vmx, self.d.get("nvram"))
        if not os.path.exists(nvram):
            shutil.copyfile(files[1], nvram)
        self.add("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={commas(files[0])}")
        self.add("-drive", f"if=pflash,format=raw,unit=1,file={commas(nvram)}")

    def controllers(self):
        for name in self.d.devices(r"scsi\d+"):
            kind = self.d.get(f"{name}.virtualDev", "lsilogic").lower()
            self.add("-device", f"{SCSI_DEVICES[kind]},id={name}")
        for name in self.d.devices(r"sata\d+"):
            self.add("-device", f"ich9-ahci,id={name}")

    def node(self, slot):
        return re.sub(r"\W", "_", slot)

    def block(self, slot, driver, path, read_only):
        self.add("-blockdev", json.dumps({
            "driver": driver, "node-name": self.node(slot), "read-only": read_only,
            "file": {"driver": "file", "filename": path, "read-only": read_only}}))

    def disk(self, slot):
        d = self.d
        path = inspection.absolute(self.vmx, d.get(f"{slot}.fileName"))
        self.block(slot, "vmdk", path, False)
        controller, _, unit = slot.partition(":")
        serial = hashlib.sha256(f"{d.get('uuid.bios')} {slot}".encode()).hexdigest()[:20]
        known = f",serial={serial}" if d.boolean("disk.EnableUUID", False) else ""
        if slot.startswith("scsi"):
            text = f"scsi-hd,bus={controller}.0,scsi-id={unit},lun=0{known}"
        elif slot.startswith("nvme"):
            text = f"nvme,id={controller},serial={serial}"
        else:
            text = f"ide-hd,{self.ide_place(slot)}{known}"
        self.device(f"{text},drive={self.node(slot)}", "hdd")

    def ide_place(self, slot):
        controller, _, unit = slot.partition(":")
        if controller.startswith("sata"):
            if int(unit) >= SATA_PORTS:
                raise canceled(f"the double's controller has no port for {slot}")
            return f"bus={controller}.{unit}"
        return f"bus=ide.{controller[3:]},unit={unit}"

    def cdrom(self, slot):
        d = self.d
        text = f"ide-cd,{self.ide_place(slot)}"
        inside = d.get(f"{slot}.deviceType").lower() == "cdrom-image"
        connected = d.boolean(f"{slot}.startConnected", True)
        if inside and connected and slot not in questions.missing_isos(d, self.vmx):
            path = inspection.absolute(self.vmx, d.get(f"{slot}.fileName"))
            self.block(slot, "raw", path, True)
            text += f",drive={self.node(slot)}"
        self.device(text, "cdrom")

    def mac(self, nic):
        d = self.d
        static = d.get(f"{nic}.addressType", "generated") == "static"
        return d.get(f"{nic}.address" if static else f"{nic}.generatedAddress")

    def vnet(self, nic):
        d = self.d
        fixed = {"bridged": "VMnet0", "hostonly": "VMnet1", "nat": "VMnet8"}
        kind = d.get(f"{nic}.connectionType", "bridged").lower()
        return fixed.get(kind) or d.get(f"{nic}.vnet", "")

    def nic(self, nic):
        cable = options.cable(self.vnet(nic))
        text = f"{MODELS[self.d.get(f'{nic}.virtualDev', 'e1000').lower()]},mac={self.mac(nic)}"
        if cable and self.d.boolean(f"{nic}.startConnected", True):
            self.add("-netdev", self.netdev(nic, *cable))
            text += f",netdev=net_{nic}"
        self.device(text, nic)

    def netdev(self, nic, kind, name):
        if kind == "user":
            return f"user,id=net_{nic}"
        if kind == "bridge":
            tap = "vm" + hashlib.sha256(f"{self.vmx} {nic}".encode()).hexdigest()[:10]
            self.taps.append((tap, name))
            name = tap
        return f"tap,id=net_{nic},ifname={name},script=no,downscript=no"

    def serial(self):
        d = self.d
        if not d.boolean("serial0.present", False) or d.get("serial0.fileType") != "file":
            return
        path = inspection.absolute(self.vmx, d.get("serial0.fileName", "serial0.log"))
        append = d.get("answer.msg.serial.file.open", "Append").lower() == "append"
        self.add("-chardev",
                 f"file,id=serial0,path={commas(path)},append={'on' if append else 'off'}")
        self.add("-device", "isa-serial,chardev=serial0")
