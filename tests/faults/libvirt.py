"""libvirt's own: virsh, libvirtd, and what others do to a lab's domains, networks and volumes."""

import os

from host import Wrong, call, libvirt
from hypervisor import hang

KOREAN = "오류: 하이퍼바이저에 연결하지 못했습니다"


def as_ever(host):
    host.other_program(None)
    host.mended()


@libvirt
def virsh_is_missing(host):
    path, host.env["PATH"] = host.env["PATH"], "/nonexistent"
    host.expect(3, "cannot run 'virsh': not found in PATH", "try: install libvirt: sudo apt install libvirt-clients")
    host.env["PATH"] = path
    host.mend("up")
    host.env["PATH"] = "/nonexistent"
    host.expect(3, "cannot run 'virsh': not found in PATH", command="teardown")
    host.env["PATH"] = path


@libvirt
def virsh_cannot_be_run(host):
    host.other_program("exit 0\n")
    os.chmod(host.work + "/bin/virsh", 0o644)
    path, host.env["PATH"] = host.env["PATH"], host.work + "/bin"
    host.expect(3, "/bin/virsh' is not executable", "try: sudo chmod \\+x .*/bin/virsh")
    host.env["PATH"] = path
    as_ever(host)


@libvirt
def virsh_hangs(host):
    hang(host, "uri", 6, "cannot connect to libvirt", "journalctl -u libvirtd")
    hang(host, "start", 6, "cannot start VM 'n1'", "journalctl -u libvirtd")
    host.other_program(None)
    host.mend("up")
    hang(host, "destroy", 6, "cannot power off VM 'n1'", "journalctl -u libvirtd", command="teardown")
    host.other_program(None)


@libvirt
def virsh_talks_nonsense(host):
    for script, status, *patterns in (
            ("kill -SEGV $$", 4, "cannot connect to libvirt", "virsh was ended by signal 11"),
            ("head -c 4000 /dev/urandom", 4, "cannot read from libvirt.*answered 0 of [0-9]+ questions"),
            ("exit 0", 4, "cannot read from libvirt.*answered 0 of [0-9]+ questions"),
            ("exit 3", 4, "virsh ended with status 3 and said nothing"),
            ("exec yes Id", 3, "virsh' printed more than [0-9]+ MiB and was ended"),
            (f"echo '{KOREAN}' >&2; exit 1", 4, KOREAN)):
        host.other_program(script)
        host.expect(status, *patterns)
    host.other_program("""case " $* " in *" start "*) kill -SEGV $$ ;; esac
exec "$REAL" "$@"
""")
    host.expect(4, "n1.*cannot start VM 'n1'.*virsh was ended by signal 11")
    as_ever(host)


@libvirt
def virsh_in_another_language(host):
    """labctl asks for English, whatever the user's language is."""
    host.env.update(LC_ALL="ko_KR.UTF-8", LANGUAGE="ko")
    host.other_program(f"""[ "$LC_ALL" = C ] && [ -z "$LANGUAGE" ] && exec "$REAL" "$@"
echo '{KOREAN}' >&2
exit 1
""")
    host.expect(0)
    host.whole()


# --- libvirtd -----------------------------------------------------------------------------------------


@libvirt
def libvirtd_is_not_there(host):
    host.libvirtd("down", "-1")
    host.expect(3, "cannot connect to libvirt at qemu:///system: Failed to connect socket.*Connection refused",
                "try: start libvirt: sudo systemctl restart libvirtd")
    host.libvirtd("down")
    host.mended()


def restarted(host, command, *ends):
    """It goes at all these calls, one after the other; what was asked of it is done nevertheless, once."""
    host.libvirtd("leaves", "\n".join(ends))
    status, text = host.run(command)
    left = host.provider.state + "/leaves"
    if os.path.exists(left):
        raise Wrong(f"never got to {open(left, encoding='ascii').read()}:\n{text}{host.log()}")
    host.judge(status, text, 0, ())


@libvirt
def libvirtd_restarts(host):
    restarted(host, "up", "net-dumpxml before 2", "net-define after 2", "net-start after 1", "pool-define after 2",
              "pool-build before 1", "pool-start after 1", "vol-create-as after 1", "vol-upload before 2",
              "vol-info before 1", "vol-create-as before 1", "define after 1", "start after 3", "dumpxml before 2",
              "domstats before 1")
    host.whole()
    restarted(host, "teardown", "dumpxml before 1", "destroy after 1", "undefine after 2", "vol-delete before 1",
              "net-destroy after 1", "net-undefine before 2", "pool-refresh before 1", "pool-destroy after 1",
              "pool-delete after 1", "pool-undefine after 1")
    host.nothing()


@libvirt
def libvirtd_goes_for_good(host):
    host.guest("hold")
    process = host.begin("up")
    host.until(process, "cloud-init")
    host.libvirtd("down", "-1")
    host.guest()  # which needs no libvirt, until it is to be off
    host.hasten(process)
    host.judge(*host.end(process), 3, ("libvirt went away for more than 20 s: cannot connect to libvirt at "
                                       "qemu:///system.*Connection refused", "systemctl restart libvirtd"))
    host.libvirtd("down")
    host.mended()


# --- what others do -----------------------------------------------------------------------------------


@libvirt
def bridge_is_deleted(host):
    """Under a VM that runs, and before one starts. libvirt does not look."""
    host.mend("up")
    call("ip", "link", "delete", host.bridge())
    host.expect(0, "the bridge '.*' of network 'labnet' is gone; the network is started anew",
                "VM 'n1' had lost network 'labnet' and was plugged into it again")
    host.whole()
    host.good("stop -y")
    call("ip", "link", "delete", host.bridge())
    host.expect(0, "the network is started anew")
    host.whole()


@libvirt
def network_is_destroyed(host):
    host.mend("up")
    host.virsh("net-destroy", "labnet")
    host.expect(0, "VM 'n1' had lost network 'labnet' and was plugged into it again")
    host.whole()
    host.virsh("net-destroy", "labnet")
    host.virsh("net-undefine", "labnet")
    host.expect(0, "VM 'n1' had lost network 'labnet' and was plugged into it again")
    host.whole()


@libvirt
def domain_is_undefined(host):
    """A VM that runs without a definition is gone once it is off, its disk is not."""
    host.mend("up")
    host.virsh("undefine", "n1")
    host.expect(0)
    host.virsh("destroy", "n1")
    host.expect(0, command="up")
    host.whole()


@libvirt
def volume_is_deleted(host):
    host.mend("up")
    host.good("stop -y")
    host.virsh("vol-delete", "--pool", "labctl-crash", "--vol", "n1.qcow2")
    host.expect(4, "n1.*", "up --recreate n1")
    host.anew()


@libvirt
def pools_are_stopped(host):
    host.mend("up")
    host.virsh("pool-destroy", "labctl-crash")
    host.virsh("pool-destroy", "labctl_images")
    host.good("stop -y")
    host.expect(0)
    host.whole()
