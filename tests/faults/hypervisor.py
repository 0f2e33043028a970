"""vmrun or virsh that is missing, hangs, crashes, or talks nonsense; and what befalls a lab under way."""

import os
import signal
import time

from host import fault, vmware

HOUR = 3600
KOREAN = "실행 중인 가상 컴퓨터 합계: 0"


def as_ever(host):
    host.other_program(None)
    host.mended()


@vmware
def vmrun_is_missing(host):
    path = host.env["PATH"]
    host.env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    host.expect(3, "there is no vmrun", "try: install VMware Workstation Pro")
    host.env["PATH"] = path
    host.mended()


@vmware
def vmrun_goes_missing(host):
    """Between two commands, with the lab up."""
    host.mend("up")
    path = host.env["PATH"]
    host.env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    host.expect(3, "there is no vmrun", command="teardown")
    host.env["PATH"] = path


@vmware
def vmrun_cannot_be_run(host):
    host.other_program("exit 0\n")
    os.chmod(host.work + "/bin/vmrun", 0o644)
    path, host.env["PATH"] = host.env["PATH"], host.work + "/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    host.expect(3, "cannot use VMware Workstation: '.*/bin/vmrun' is not executable",
                r"try: sudo chmod \+x .*/bin/vmrun")
    host.expect(3, "'.*/bin/vmrun' is not executable", command="doctor")
    host.env["PATH"] = path
    as_ever(host)


def is_alive(pid_file):
    if not os.path.exists(pid_file):
        return False
    with open(pid_file, encoding="ascii") as f:
        pid = f.read().strip()
    return bool(pid) and os.path.exists(f"/proc/{pid}")


def hang(host, verb, status, *patterns, command="up"):
    """What would take minutes of waiting takes one jump of the clock."""
    host.other_program(f"""case " $* " in *" {verb} "*) echo $$ >{host.work}/pid; exec sleep 10000 ;; esac
exec "$REAL" "$@"
""")
    host.jump(0, 0)  # it never goes back under a labctl
    process = host.begin(command, *(("-y",) if command == "teardown" else ()))
    ahead = 0
    while process.poll() is None:
        time.sleep(0.02)
        if is_alive(host.work + "/pid"):
            ahead += 1  # as time goes, only faster: no pause of the machine
            host.jump(0, ahead)
    host.judge(*host.end(process), status, patterns)


@vmware
def vmrun_hangs_at_list(host):
    hang(host, "list", 6, "vmrun.*list.*(did not end|within|in 1?m|60 s)", "licence|window")
    as_ever(host)


@vmware
def vmrun_hangs_at_start(host):
    hang(host, "start", 6, "cannot start VM.*n1.*vmrun", "vmware.log|window")
    as_ever(host)


@vmware
def vmrun_hangs_at_stop(host):
    host.mend("up")
    hang(host, "stop", 6, "cannot stop VM.*n1.*vmrun", command="teardown")
    host.other_program(None)


@vmware
def vmrun_talks_nonsense(host):
    for script, status, *patterns in (
            ("kill -SEGV $$", 4, "vmrun was ended by signal 11"),
            ("head -c 4000 /dev/urandom", 4, "cannot read vmrun's list", "Total running VMs"),
            ("exit 0", 4, "cannot read vmrun's list", "Total running VMs"),
            ("exit 3", 4, "vmrun ended with status 3 and said nothing"),
            ("exec yes Total", 3, "vmrun' printed more than [0-9]+ MiB and was ended"),
            ("echo 'Total running VMs: 3'; echo /a/b.vmx", 4, "it tells of 3 VMs and names 1"),
            (f"echo '{KOREAN}'", 4, "cannot read vmrun's list", f"vmrun said .{KOREAN}")):
        host.other_program(script)
        host.expect(status, *patterns)
    as_ever(host)


@vmware
def vmrun_fails_at_start(host):
    host.other_program("""case " $* " in *" start "*) kill -SEGV $$ ;; esac
exec "$REAL" "$@"
""")
    host.expect(4, "n1.*cannot start VM.*vmrun was ended by signal 11")
    host.other_program(None)
    host.vmrun("exit0 cancel")
    host.expect(4, "n1.*cannot start VM.*The operation was canceled", "vmware.log")
    host.vmrun("")
    host.mended()


@vmware
def vmrun_in_another_language(host):
    """labctl asks for English, whatever the user's language is."""
    host.env.update(LC_ALL="ko_KR.UTF-8", LANGUAGE="ko")
    host.other_program(f"""[ "$LC_ALL" = C.UTF-8 ] && [ -z "$LANGUAGE" ] && exec "$REAL" "$@"
echo '{KOREAN}'
""")
    host.expect(0)
    host.whole()


@vmware
def vmrun_with_crlf(host):
    host.vmrun("crlf")
    host.expect(0)
    host.whole()


@fault
def vm_dies_while_it_boots(host):
    """Somebody ends the VM from outside while it boots."""
    host.guest("hold")
    process = host.begin("up")
    host.until(process, "cloud-init")
    host.cut_power()
    host.judge(*host.end(process), 5, ("n1.*the VM is (off|crashed)", "nobody here powered it off"))
    host.guest()
    host.mended()


@fault
def two_at_once(host):
    host.guest("hold")
    process = host.begin("up")
    host.until(process, "cloud-init")
    host.expect(7, f"lab 'crash' is in use.*labctl up .pid {process.pid},")
    host.expect(7, f"in use.*labctl up .pid {process.pid},", command="teardown")
    host.guest()
    status, text = host.end(process)
    host.judge(status, text, 0, ())
    host.whole()


@fault
def suspended_for_an_hour(host):
    """The monotonic clock goes on (Windows), or only the wall clock does (Linux)."""
    host.guest("hold", "clock=" + host.pretend)
    host.describe("wait: {timeout: 10m, stall: 60s}\n")
    process = host.begin("up")
    host.until(process, "cloud-init")
    host.jump(HOUR, HOUR)
    time.sleep(1)
    host.jump(2 * HOUR, HOUR)
    time.sleep(1)
    host.guest("clock=" + host.pretend)
    host.judge(*host.end(process), 0, ("has been set",))
    host.mended()


@fault
def suspended_while_it_starts(host):
    host.other_program(f"""case " $* " in *" start "*) : >{host.work}/starts; sleep 2 ;; esac
exec "$REAL" "$@"
""")
    process = host.begin("up")
    while not os.path.exists(host.work + "/starts"):
        time.sleep(0.01)
    host.jump(0, HOUR)  # the guest's clock is this host's
    host.judge(*host.end(process), 0, ())
    as_ever(host)


@fault
def clock_goes_back_an_hour(host):
    host.guest("hold", "clock=" + host.pretend)
    process = host.begin("up")
    host.until(process, "cloud-init")
    host.jump(-HOUR, 0)
    host.guest("clock=" + host.pretend)
    host.judge(*host.end(process), 0, ("has been set",))
    host.mended()


@fault
def stopped_for_a_while(host):
    """For longer than a node may stand still: labctl looks again before it gives up."""
    host.guest("hold")
    host.describe("wait: {stall: 60s}\n")
    process = host.begin("up")
    host.until(process, "cloud-init")
    process.send_signal(signal.SIGSTOP)
    host.jump(0, 120)  # the guest's clock is this host's
    host.guest()
    process.send_signal(signal.SIGCONT)
    host.judge(*host.end(process), 0, ())
    host.mended()
