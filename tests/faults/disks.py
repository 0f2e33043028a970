"""Disks of the host that are full or cannot be written, and its network."""

import os
import re
import subprocess

from host import Wrong, call, fault, libvirt, vmware

FULL = r"(no space left on device|disk is full|database or disk is full)"


def fill(host, folder, kib, *stages):
    """Runs up on a disk that grows a little after each failure, until it is large enough; what was
    named as not written on the way has to be of each stage. So every run finds what the last one left."""
    host.env["PRETEND_ROOM"] = "1"
    named, half = set(), {}
    host.small(folder, f"{kib}k")
    with open(folder + "/others", "wb") as f:
        f.write(bytes(4096))
    while True:
        status, text = host.run("up")
        if status == 0:
            break
        flat = re.sub(r"\s+", " ", text)
        new = {stage for stage in stages if re.search(stage, flat)} - named
        host.judge(status, text, 3, [f"(?i){FULL}", f"{folder}/"], quiet=not new)
        named |= new
        half.update(host.files(folder))
        kib += max(8, kib // 3)
        call("mount", "-o", f"remount,size={kib}k", folder)
    host.whole()
    os.unlink(folder + "/others")
    if named != set(stages):
        raise Wrong(f"never full at {set(stages) - named}")
    whole = host.files(folder)
    for path, data in half.items():
        if path.endswith((".vmdk", ".iso")) and path in whole and data != whole[path]:
            raise Wrong(f"half-made under its final name: {path}")


@fault
def home_is_full(host):
    fill(host, host.home, 4, "ledger '[^']*state.db", "/(keys|media)/")


@fault
def payload_does_not_fit(host):
    host.describe(host.payload(1))
    fill(host, host.home, 1000, "payload.iso")


@libvirt
def pools_are_full(host):
    """At the image, which is that small that libvirt 9.0 says it has arrived; then at the seed."""
    images = host.provider.state + "/root/var/lib/libvirt/images"
    call("sh", "-c", f"head -c 120000 /dev/urandom >{host.work}/raw && "
         f"qemu-img convert -q -O qcow2 -o cluster_size=4k {host.work}/raw {host.work}/disk.qcow2")
    host.virsh("list")  # so that the double is there
    host.small(images, "100k")
    host.expect(3, "disk.qcow2' into pool 'labctl_images'.*No space left on device",
                "df -h /var/lib/libvirt/images/labctl_images")
    call("mount", "-o", "remount,size=300k", images)
    host.expect(3, "No space left on device", "df -h /var/lib/libvirt/images")
    call("mount", "-o", "remount,size=1g", images)
    host.mended()


@vmware
def vm_dir_is_full(host):
    call("sh", "-c", f"head -c 1048576 /dev/urandom >{host.work}/raw && "
         f"qemu-img convert -q -O qcow2 {host.work}/raw {host.work}/disk.qcow2")
    fill(host, host.work + "/vms", 4, "vms/n1/n1.vmx", "vms/n1/n1.vmdk")


@fault
def room_is_missed_beforehand(host):
    host.describe(host.payload(4))
    host.small(host.home, "3m")
    host.expect(3, "disk: .* free, the lab needs .*payload", "try: free some space, or set LABCTL_HOME")
    call("mount", "-o", "remount,size=1g", host.home)
    host.mended()


def read_only(host, folder, *patterns):
    os.makedirs(folder, exist_ok=True)
    host.kept.add(folder)
    call("mount", "--bind", folder, folder)
    call("mount", "-o", "remount,bind,ro", folder)
    host.expect(3, f"{folder}", "(?i)read-only file system", *patterns)
    call("umount", folder)
    host.mended()


@fault
def home_is_read_only(host):
    read_only(host, host.home)


@vmware
def vm_dir_is_read_only(host):
    read_only(host, host.work + "/vms")


@fault
def home_becomes_read_only(host):
    """Of a lab that is up: looking needs no writing."""
    host.mend("up")
    call("mount", "--bind", host.home, host.home)
    call("mount", "-o", "remount,bind,ro", host.home)
    host.expect(0, command="status")
    host.expect(3, "(?i)read-only", command="teardown")
    call("umount", host.home)


@fault
def bridge_goes_and_comes_back(host):
    host.guest("hold")
    process = host.begin("up")
    host.until(process, "cloud-init")
    call("ip", "link", "set", host.bridge(), "down")
    host.guest()
    subprocess.run(("timeout", "6", "tail", "-f", "/dev/null"))
    call("ip", "link", "set", host.bridge(), "up")
    host.judge(*host.end(process), 0, ())
    host.whole()


@fault
def bridge_goes_for_good(host):
    host.guest("hold")
    host.describe("wait: {stall: 120s}\n")  # twice as long as a silent guest is waited for
    process = host.begin("up")
    host.until(process, "cloud-init")
    call("ip", "link", "set", host.bridge(), "down")
    host.hasten(process)
    host.judge(*host.end(process), 6, (r"no route to the network of 192\.168\.6", f"{host.bridge()}|bridge|network"))
    call("ip", "link", "set", host.bridge(), "up")
    host.guest()
    host.mended()


@vmware
def bridge_is_missing(host):
    call("ip", "link", "delete", "vmnet1")
    host.expect(3, "vmnet1|VMnet1")
    call("ip", "link", "add", "vmnet1", "type", "bridge")
    call("ip", "address", "add", "192.168.6.1/24", "dev", "vmnet1")
    call("ip", "link", "set", "vmnet1", "up")
    host.mended()
