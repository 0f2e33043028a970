/* The only place that knows which operating system this is. posix/ and win32/ implement this
 * header.
 *
 * Text is UTF-8 on both sides. Functions return 0 or -1 with err set, as everywhere. */
#ifndef PLAT_PLATFORM_H
#define PLAT_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/host_fact.h"
#include "base/str.h"

/* Adds the system's words for the error number that was just seen (errno, GetLastError). */
int plat_fail_os(struct lab_error *err, enum lab_code code, const char *fmt, ...) LAB_PRINTF(3, 4);

/* --- files ---------------------------------------------------------------------------------- */

struct plat_stat {
    uint64_t size;
    int64_t mtime_ns;
    uint64_t inode; /* 0 where the system has none */
    unsigned mode;  /* permission bits */
    bool is_dir, is_file, is_link;
};

int plat_stat(const char *path, struct plat_stat *out); /* follows links; -1 when missing */
int plat_lstat(const char *path, struct plat_stat *out);
int plat_mkdirs(const char *path, unsigned mode, struct lab_error *err) LAB_MUST_CHECK;
/* Replaces `to` atomically and makes the rename durable. */
int plat_rename(const char *from, const char *to, struct lab_error *err) LAB_MUST_CHECK;
int plat_fsync_file(const char *path, struct lab_error *err) LAB_MUST_CHECK;
/* Creates the file with the mode (no umask surprises), exclusive; returns an fd, or -1. */
int plat_create(const char *path, unsigned mode, struct lab_error *err);
int plat_remove(const char *path, struct lab_error *err); /* missing is fine */
/* A folder and all below it; links are removed, never followed. Missing is fine. */
int plat_remove_tree(const char *path, struct lab_error *err);
/* Calls fn with each name in a folder except . and .., sorted; stops when fn returns non-zero,
 * which is no failure. */
int plat_list_dir(const char *path,
                  int (*fn)(void *arg, const char *name),
                  void *arg,
                  struct lab_error *err) LAB_MUST_CHECK;
int plat_free_space(const char *path, uint64_t *bytes, struct lab_error *err) LAB_MUST_CHECK;
/* The first run of bytes between at and end of a sparse file that may be other than zeros; from ==
 * end when there is none. Everything is such a run where the system cannot tell. Moves the
 * descriptor's own position. */
void plat_next_data(int fd, uint64_t at, uint64_t end, uint64_t *from, uint64_t *to);
/* Parts of the (new) file that are never written shall take no room. Where that cannot be, nothing
 * happens. */
void plat_make_sparse(int fd);
/* What `from` has behind from_at becomes the end of the (new) file `to`, which shares those blocks
 * until one of them is written to. Both places are multiples of 64 KiB. False where the file
 * systems cannot, with nothing done. */
bool plat_clone(int from, uint64_t from_at, int to, uint64_t to_at);
/* Absolute, without "." and doubled separators; needs not exist. Links are resolved only where ".."
 * makes it necessary. The caller frees. */
char *plat_absolute(const char *path);
bool plat_is_separator(char c);
bool plat_is_list_separator(char c); /* between the paths of PATH */
bool plat_path_is_absolute(const char *path);
/* Whether two paths name the same place, with links resolved; the file itself may be missing.
 * Windows: without case, with either separator, and with short names resolved. */
bool plat_same_path(const char *a, const char *b);
/* A path as other programs of this system want it: on Windows with '\\'. Caller frees. */
char *plat_native(const char *path);
/* A path as libraries (libuv, SQLite) may get it, which hand it to the system as it is: on Windows
 * with the prefix that lifts the limit of 260 characters, where it is needed. Caller frees. */
char *plat_any_length(const char *path);

/* --- lock: held until closed or until the process dies ---------------------------------------- */

struct plat_lock;
/* -1 with LAB_CONFLICT when somebody else holds it. The file's text names the holder. */
int plat_lock_take(struct plat_lock **out,
                   const char *path,
                   const char *holder,
                   struct lab_error *err) LAB_MUST_CHECK;
void plat_lock_drop(struct plat_lock *lock);

/* --- host ------------------------------------------------------------------------------------- */

char *plat_data_dir(void); /* where LABCTL_HOME is by default; caller frees */
char *plat_temp_dir(void); /* caller frees */
/* Makes dir the folder for temporary files, of libraries too, for the life of the process. On
 * Windows a path beyond its old limit of 260 characters cannot be one; the user's own folder then
 * stays. */
int plat_set_temp_dir(const char *dir, struct lab_error *err) LAB_MUST_CHECK;
const char *plat_getenv(const char *name); /* borrowed; NULL when unset or empty */
bool plat_is_admin(void);
char *plat_user_name(void); /* caller frees */
unsigned long plat_pid(void);
/* The command line in UTF-8, for the life of the process. */
char **plat_arguments(int *argc, char **argv);
int plat_random_free_port(void); /* on 127.0.0.1; -1 when there is none */

/* True when a virtual CPU really ran, at the speed of hardware (some hosts have a KVM that
 * interprets in software); *why says otherwise (static text; why may be NULL). Takes up to two
 * seconds where the answer is no, so ask once. */
bool plat_kvm_runs(const char **why);

/* The path of a program in PATH; NULL: not there. Caller frees. */
char *plat_find_program(const char *name);
/* The path of a program of VMware Workstation ("vmrun", "vmware-vdiskmanager"): from PATH, else
 * from where its installer puts it (Windows: both views of the registry). NULL: not there. Caller
 * frees. */
char *plat_find_vmware(const char *tool);
/* A file of that name in one of these places that this user may not execute; NULL: none, as always
 * on Windows. Caller frees. */
char *plat_find_barred(const char *name);
/* What a VMX calls VMware's network N: "/dev/vmnetN", on Windows "VMnetN". Caller frees. */
char *plat_vmnet_device(unsigned number);
/* Appends VMware's network settings in the form of Linux's /etc/vmware/networking, which Windows
 * keeps in its registry. LAB_HOST when there are none. */
int plat_vmnet_settings(struct lab_str *out, struct lab_error *err) LAB_MUST_CHECK;
/* What to run to give VMware's network N this subnet, host-only. Caller frees. */
char *plat_vmnet_advice(unsigned number, const char *network, const char *mask);

struct plat_route {
    uint32_t network; /* host order */
    uint8_t prefix;
    char device[32];
};
/* The host's IPv4 routes, without the default ones. Caller frees *out. */
int plat_routes(struct plat_route **out, size_t *n, struct lab_error *err) LAB_MUST_CHECK;

struct plat_neighbour {
    uint32_t address; /* host order */
    unsigned char mac[6];
    uint64_t age_ms; /* since it last proved to be there; a machine that went stays listed */
};
/* Machines on the host's own networks that answered a question for their IPv4 address, which every
 * attempt to connect asks. Caller frees *out. */
int plat_neighbours(struct plat_neighbour **out, size_t *n, struct lab_error *err) LAB_MUST_CHECK;

/* --- facts: what doctor asks the system ------------------------------------------------------- */

/* Each fills the fact, which the caller clears. */

/* Whether the processor offers virtualisation to this system. */
void plat_ask_cpu(struct lab_host_fact *out);
/* Whether VMware has the processor for itself: no Hyper-V underneath. */
void plat_ask_rival(struct lab_host_fact *out);
/* Which VMware Workstation is installed; text is its version alone ("17.6.3 build-24583834"). */
void plat_ask_vmware(struct lab_host_fact *out);
/* Whether what VMware needs in the system is loaded or runs (kernel modules, service). */
void plat_ask_vmware_driver(struct lab_host_fact *out);
/* Whether this process belongs to the group. */
void plat_ask_group(struct lab_host_fact *out, const char *group);
/* The time zone; whether the clock is kept right by somebody. */
void plat_ask_time_zone(struct lab_host_fact *out);
void plat_ask_clock(struct lab_host_fact *out);
/* Whether paths may be longer than 260 characters for every program. */
void plat_ask_long_paths(struct lab_host_fact *out);
/* Whether text beyond ASCII reaches the screen. */
void plat_ask_utf8(struct lab_host_fact *out);

/* Memory in bytes: all there is, and what can be had now, both with the swap space. */
int plat_memory(uint64_t *total, uint64_t *available, struct lab_error *err) LAB_MUST_CHECK;
/* Whether two folders share one file system, so that their free space is the same. */
bool plat_same_disk(const char *a, const char *b);

struct plat_address {
    uint32_t address; /* host order */
    char device[128];
};
/* The IPv4 addresses of this host. Caller frees *out. */
int plat_addresses(struct plat_address **out, size_t *n, struct lab_error *err) LAB_MUST_CHECK;

/* --- child processes (started by base/child.c through libuv) ---------------------------------- */

/* Whether a child gets a process group and session of its own, so that a terminal's Ctrl-C does not
 * end it before labctl has decided. */
bool plat_child_own_group(void);
/* Around the life of a child that has just been started: what it starts belongs to it. */
void plat_group_open(int pid);
void plat_group_close(int pid);
/* Ends the child and what it started: asks (SIGTERM) or, hard, kills. */
void plat_kill_group(int pid, bool hard);
/* Whether the child or something that it started still exists; asked while or just after it ran. */
bool plat_group_alive(int pid);
/* Whether a process lives. started: its start as the OS counts it (Linux: field 22 of proc(5)'s
 * stat), which tells it from a later one with the same number; 0: not known. When in doubt: true.
 */
bool plat_process_lives(uint64_t pid, uint64_t started);
/* The start of a process, as plat_process_lives() compares it; 0: not known. */
uint64_t plat_process_started(uint64_t pid);
/* Asks the process to end (SIGTERM) or, hard, ends it. One that is gone is fine. */
void plat_end_process(uint64_t pid, bool hard);
/* Whether labctl can keep a server running here after it has ended itself: plat_become() works. */
bool plat_can_serve(void);
/* This process becomes the program (argv[0] is its path; NULL at the end) and lives no longer than
 * the process `parent`, which must be its own: however that ends, the system ends this one. Returns
 * only to say why not. */
int plat_become(char *const *argv, uint64_t parent, struct lab_error *err);
/* Writing to a pipe or socket whose reader is gone becomes an error instead of a signal. */
void plat_ignore_broken_pipe(void);

/* A child that leaves the job that we are in. What is in a job (an SSH server's, a terminal's) ends
 * with it on Windows, the virtual machines that vmrun starts included; libuv cannot start such a
 * child. */
struct plat_breakaway {
    char *const *argv; /* argv[0] is an absolute path; NULL at the end */
    char *const *env;  /* "NAME=value"; NULL at the end */
    uint64_t timeout_ms;
    bool (*cancelled)(void); /* asked all the time */
    struct lab_str *out, *errout;
    /* results */
    int status;  /* -1 when it was ended; what it has started goes on */
    bool in_job; /* the job lets nobody go */
    bool passes; /* FAILED for want of something of which there may be enough in a moment */
};
enum plat_breakaway_end {
    PLAT_BREAKAWAY_NO_JOBS, /* not started: it is a child like every other here */
    PLAT_BREAKAWAY_ENDED,
    PLAT_BREAKAWAY_LATE,
    PLAT_BREAKAWAY_CANCELLED,
    PLAT_BREAKAWAY_TOO_MUCH, /* more output than out or errout may hold */
    PLAT_BREAKAWAY_FAILED    /* not started; err is set */
};
/* Blocks. Its stdin is the null device. */
enum plat_breakaway_end plat_run_breakaway(struct plat_breakaway *child, struct lab_error *err);

/* --- terminal --------------------------------------------------------------------------------- */

bool plat_is_terminal(int fd);
void plat_terminal_size(int fd, int *columns, int *rows); /* 80x24 when unknown */
bool plat_terminal_utf8(void);
/* The language that the user has set for messages, such as "ko_KR.UTF-8"; NULL: none. Borrowed. */
const char *plat_language(void);
/* Keys and passwords of this process shall not get to a disk by its crash, nor be read by other
 * programs of the user: no core dump, no debugger. Children are as they always were. */
void plat_guard_memory(void);
/* The command that lets nobody but its owner read a file, for hints; caller frees. */
char *plat_private_command(const char *path);
/* Reads one line without echo from the terminal; -1 LAB_HOST when there is no terminal. */
int plat_read_secret(const char *prompt, struct lab_str *out, struct lab_error *err) LAB_MUST_CHECK;
/* Console modes (UTF-8, escape sequences) for the life of the process. */
void plat_console_init(void);
/* Raw mode for an interactive session; restore with plat_raw_end(). */
int plat_raw_begin(int fd, struct lab_error *err) LAB_MUST_CHECK;
void plat_raw_end(void);
uint64_t plat_now_ms(void); /* monotonic */
int64_t plat_wall_ms(void); /* since 1970, UTC */
/* What the clock on this wall shows then, read as if it were UTC. */
int64_t plat_local_ms(int64_t wall_ms);

#endif
