"""Domains, networks and pools for the double's checks, made of labctl's own templates."""

import os

HERE = os.path.dirname(os.path.realpath(__file__))
TEMPLATES = os.path.join(HERE, "..", "..", "..", "templates")
IMAGES = "/var/lib/libvirt/images"
LAB, BASES = "labctl-chk", "labctl_images"
DISK = f"{IMAGES}/{LAB}/n1.qcow2"
SEED = f"{IMAGES}/{LAB}/n1.0123456789abcdef-01234567.iso"
OTHER = "5f0c9c1e-0000-4000-8000-00000000"


def uuid(number):
    return f"{OTHER}{number:04x}"


def template(template_name, /, **values):
    with open(os.path.join(TEMPLATES, template_name + ".xml"), encoding="utf-8") as f:
        text = f.read()
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", str(value))
    assert "{{" not in text, text
    return text


def pool(name=LAB, number=1, folder=None):
    return template("libvirt-pool", name=name, uuid=uuid(number), path=f"{IMAGES}/{folder or name}")


def network(name="chk-net", number=0x11, device="labchk0", address="192.168.76.1", prefix=24):
    ip = f"  <ip address='{address}' prefix='{prefix}'/>\n" if address else ""
    return template("libvirt-network", name=name, uuid=uuid(number), lab="chk", lab_id="id&lt;1>&amp;&apos;",
                    home="host:/home/&amp;", network="default", device=device, address=ip)


def nic(kind="network", source="chk-net", mac="52:54:00:0a:0b:0c"):
    return template("libvirt-nic", kind=kind, source=source, mac=mac, model="virtio")


def cdrom(path=SEED, target="sda", shareable=""):
    return template("libvirt-cdrom", path=path, target=target, shareable=shareable)


def domain(name="n1", number=0x21, cdroms=None, nics=None, disk=DISK, log="", memory=64, generation="1"):
    cdroms = cdrom() + cdrom(SEED + "x", "sdb", "      <shareable/>\n") if cdroms is None else cdroms
    return template("libvirt-domain", type="qemu", name=name, uuid=uuid(number), lab="chk", lab_id="id",
                    home="host:/home", generation=generation, memory=memory, cpu=1,
                    cpu_model="  <cpu mode='maximum'/>\n", disk=disk, cdroms=cdroms,
                    nics=nic() if nics is None else nics, console_log=log)


def place(path):
    """Where a path of libvirt's is on this host: the double keeps its files below a folder."""
    folder = os.environ.get("VIRSH_DOUBLE_DIR")
    return f"{folder}/root{path}" if folder else path
