#include "platform.h"

#include "base/i18n.h"

#if defined(__linux__) && defined(__x86_64__)

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A /dev/kvm that opens proves nothing, and neither does a virtual CPU that runs a few
 * instructions: kvm_pvm, on hosts without vmx or svm, interprets ordinary guests in software.
 * Measured there: 1.4 million instructions a second, hundreds of times slower than QEMU's own
 * emulation, though a program of three instructions ends at once. So a loop that takes a real CPU
 * some 10 ms has to end in time. It runs in long mode, as kernels do; old Intel CPUs leave real
 * mode to KVM's interpreter too.
 *
 * A forked child does it: if KVM hangs or crashes, nothing of ours goes with it. Between fork and
 * _exit it makes system calls only, because other threads may hold any lock of ours at that moment.
 */

enum { LIMIT_MS = 2000, FEW = 16, MANY = 1 << 24 };

/* The guest's memory, by guest-physical address. */
enum {
    CODE = 0x1000,
    LEVEL4 = 0x2000,
    LEVEL3 = 0x3000,
    LEVEL2 = 0x4000,
    DATA = 0x5000,
    SIZE = 0x6000
};

static const uint64_t proof = 0x6c6162;

enum outcome {
    RAN,
    NO_MACHINE,
    NO_MEMORY,
    NO_CPU,
    RUN_REFUSED,
    RUN_WENT_WRONG,
    RAN_A_FEW, /* written before the loop of MANY */
    OUTCOMES
};

static const char *const words[OUTCOMES] = {
    [NO_MACHINE] = LAB_N("/dev/kvm opens, but KVM_CREATE_VM is refused"),
    [NO_MEMORY] = LAB_N("/dev/kvm opens, but a virtual machine gets no memory"),
    [NO_CPU] = LAB_N("/dev/kvm opens, but a virtual CPU cannot be made"),
    [RUN_REFUSED] = LAB_N("/dev/kvm opens, but KVM_RUN is refused"),
    [RUN_WENT_WRONG] =
        LAB_N("/dev/kvm opens, but a virtual CPU did not execute its first instructions"),
    [RAN_A_FEW] =
        LAB_N("/dev/kvm opens, but a virtual CPU is so slow that the host must be interpreting it "
              "in software (it has no hardware virtualisation of its own)"),
};

static const char *const hung = LAB_N("/dev/kvm opens, but a virtual CPU did not finish its first "
                                      "instructions in 2 seconds");

/* again: dec rcx; jnz again; mov rax, rsi; mov [DATA], rax; hlt */
static const unsigned char program[] = {0x48, 0xff, 0xc9, 0x75, 0xfb, 0x48, 0x89, 0xf0, 0x48,
                                        0x89, 0x04, 0x25, 0x00, 0x50, 0x00, 0x00, 0xf4};

struct machine {
    int cpu;
    unsigned char *memory;
    struct kvm_run *run;
};

static void put(unsigned char *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

static bool give_memory(struct machine *m, int vm)
{
    void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    m->memory = memory;
    memcpy(m->memory + CODE, program, sizeof(program));
    /* The first 2 MiB, mapped to themselves: present, writable, and at level 2 one large page. */
    put(m->memory + LEVEL4, LEVEL3 | 3);
    put(m->memory + LEVEL3, LEVEL2 | 3);
    put(m->memory + LEVEL2, 0x83);
    struct kvm_userspace_memory_region region = {.memory_size = SIZE,
                                                 .userspace_addr = (uintptr_t)memory};
    /* Some Intel CPUs want it; others ignore it. */
    ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
    return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

static bool enter_long_mode(int cpu)
{
    struct kvm_sregs s;
    if (ioctl(cpu, KVM_GET_SREGS, &s) < 0)
        return false;
    struct kvm_segment flat = {
        .limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
    s.ds = s.es = s.fs = s.gs = s.ss = flat;
    s.cs = flat;
    s.cs.selector = 8;
    s.cs.type = 11; /* code */
    s.cs.db = 0;
    s.cs.l = 1;
    s.cr3 = LEVEL4;
    s.cr4 = 0x20;       /* PAE */
    s.cr0 = 0x80050033; /* PG AM WP NE ET MP PE */
    s.efer = 0x500;     /* LMA LME */
    return ioctl(cpu, KVM_SET_SREGS, &s) == 0;
}

static enum outcome make_machine(struct machine *m, int kvm)
{
    int vm = ioctl(kvm, KVM_CREATE_VM, 0ul);
    if (vm < 0)
        return NO_MACHINE;
    if (!give_memory(m, vm))
        return NO_MEMORY;
    m->cpu = ioctl(vm, KVM_CREATE_VCPU, 0ul);
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0ul);
    if (m->cpu < 0 || size < (int)sizeof(struct kvm_run) || !enter_long_mode(m->cpu))
        return NO_CPU;
    m->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, m->cpu, 0);
    return m->run == MAP_FAILED ? NO_CPU : RAN;
}

static enum outcome run_loop(struct machine *m, uint64_t times)
{
    /* Bit 1 of the flags is always set. */
    struct kvm_regs regs = {.rip = CODE, .rflags = 2, .rcx = times, .rsi = proof};
    put(m->memory + DATA, 0);
    if (ioctl(m->cpu, KVM_SET_REGS, &regs) < 0)
        return NO_CPU;
    if (ioctl(m->cpu, KVM_RUN, 0ul) < 0)
        return RUN_REFUSED;
    uint64_t stored;
    memcpy(&stored, m->memory + DATA, sizeof(stored));
    return m->run->exit_reason == KVM_EXIT_HLT && stored == proof ? RAN : RUN_WENT_WRONG;
}

static void tell(int answer, enum outcome outcome)
{
    char byte = (char)outcome;
    if (write(answer, &byte, 1) != 1)
        _exit(1);
}

/* The answer comes through a pipe, not as an exit status: whoever embeds us may ignore SIGCHLD, and
 * then there is no status. */
static void child(int kvm, int answer, pid_t parent)
{
    /* It has all that we have open, the lab's lock among it: nothing of that may outlive us. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGTERM, SIGINT};
    for (size_t i = 0; i < LAB_ARRAY_LEN(crashes); i++)
        signal(crashes[i], SIG_DFL);
    struct machine m = {.cpu = -1};
    enum outcome outcome = make_machine(&m, kvm);
    if (outcome == RAN)
        outcome = run_loop(&m, FEW);
    if (outcome == RAN) {
        tell(answer, RAN_A_FEW);
        outcome = run_loop(&m, MANY);
    }
    tell(answer, outcome);
    _exit(0);
}

static void reap(pid_t pid)
{
    /* A child that is stuck inside the kernel ignores even SIGKILL: leave it, do not hang with it.
     */
    kill(pid, SIGKILL);
    for (int i = 0; i < 100 && waitpid(pid, NULL, WNOHANG) == 0; i++)
        poll(NULL, 0, 10);
}

/* Reads what the child tells until it has told all, is gone, or its time is over. */
static const char *listen_to(int answer)
{
    struct pollfd wait = {.fd = answer, .events = POLLIN};
    uint64_t until = plat_now_ms() + LIMIT_MS, now;
    const char *reason = lab_tr(hung);
    while ((now = plat_now_ms()) < until) {
        int ready = poll(&wait, 1, (int)(until - now));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            break;
        char outcome;
        ssize_t n = read(answer, &outcome, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != 1 || outcome < 0 || outcome >= OUTCOMES)
            return lab_tr("/dev/kvm opens, but the process that ran a virtual CPU crashed");
        reason = lab_tr(words[(int)outcome]);
        if (outcome != RAN_A_FEW)
            break;
    }
    return reason;
}

static const char *run_in_child(int kvm)
{
    int answer[2];
    if (pipe2(answer, O_CLOEXEC) < 0)
        return lab_tr("no pipe could be made to try /dev/kvm");
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child(kvm, answer[1], parent);
    close(answer[1]);
    const char *reason =
        pid < 0 ? lab_tr("no process could be started to try /dev/kvm") : listen_to(answer[0]);
    close(answer[0]);
    if (pid > 0)
        reap(pid);
    return reason;
}

bool plat_kvm_runs(const char **why)
{
    const char *reason;
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm >= 0) {
        reason = run_in_child(kvm);
        close(kvm);
    } else if (errno == ENOENT) {
        reason = lab_tr(
            "there is no /dev/kvm: virtualisation is off in the firmware, or the kernel module "
            "kvm_intel or kvm_amd is not loaded");
    } else if (errno == EACCES || errno == EPERM) {
        reason = lab_tr("this user may not open /dev/kvm: it belongs to the group kvm");
    } else {
        reason = lab_tr("/dev/kvm does not open: the CPU offers no virtualisation to this system");
    }
    if (why)
        *why = reason;
    return reason == NULL;
}

#else

bool plat_kvm_runs(const char **why)
{
    if (why)
        *why = lab_tr("KVM is tried only on Linux hosts with an x86-64 CPU");
    return false;
}

#endif
