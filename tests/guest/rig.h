/* Test rig: a real sshd on a loopback address with keys of its own, a proxy in front of it that can
 * misbehave in chosen ways, and what a guest reported. POSIX only, like sshd.
 *
 * The sshd runs as the current user from a temporary folder and dies with the test (its connections
 * too, as soon as the test's sockets close). Functions that a test does not use cost nothing. */
#ifndef LABCTL_TESTS_GUEST_RIG_H
#define LABCTL_TESTS_GUEST_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/vec.h"
#include "guest/guest.h"
#include "guest/session.h"
#include "platform.h"

#define RIG_LOOPBACK 0x7f000001u

struct rig {
    char *dir, *user, *key;
    unsigned char *hostkey;
    size_t hostkey_len;
    uint16_t port;
    pid_t sshd;
    char *config; /* extra lines */
    uv_loop_t loop;
    uv_check_t check;
    uv_prepare_t prepare;
    uint64_t woke_ns, longest_ns; /* CPU time of the loop's longest turn */
};

/* --- small things ----------------------------------------------------------------------------- */

static inline char *rig_path(const struct rig *r, const char *name)
{
    return lab_format("%s/%s", r->dir, name);
}

static inline char *rig_read(const struct rig *r, const char *name)
{
    LAB_AUTOFREE char *path = rig_path(r, name);
    struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_file_read(path, 16 << 20, &text, &err))
        lab_str_truncate(&text, 0);
    return lab_str_detach(&text);
}

static inline void rig_write(const struct rig *r, const char *name, const char *text, mode_t mode)
{
    LAB_AUTOFREE char *path = rig_path(r, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static inline int rig_wait(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static inline pid_t rig_spawn(const char *const *argv, const char *log)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    int out = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : null;
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static inline void
rig_keygen(const struct rig *r, const char *name, const char *type, const char *passphrase)
{
    LAB_AUTOFREE char *path = rig_path(r, name);
    const char *argv[] = {
        "/usr/bin/ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "", "-f", path, NULL};
    pid_t pid = rig_spawn(argv, NULL);
    assert_int_equal(rig_wait(pid), 0);
}

/* SSH wire form of NAME.pub. */
static inline unsigned char *rig_blob(const struct rig *r, const char *name, size_t *len)
{
    LAB_AUTOFREE char *file = lab_format("%s.pub", name);
    LAB_AUTOFREE char *text = rig_read(r, file);
    char *base64 = strchr(text, ' ');
    assert_non_null(base64);
    base64++;
    size_t n = strcspn(base64, " \n");
    unsigned char *bytes = lab_alloc(n + 1);
    int got = EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)n);
    assert_true(got > 0);
    *len = (size_t)got - (n && base64[n - 1] == '=') - (n > 1 && base64[n - 2] == '=');
    return bytes;
}

/* --- sshd ------------------------------------------------------------------------------------- */

static inline const char *rig_sshd_program(void)
{
    return access("/usr/sbin/sshd", X_OK) == 0 ? "/usr/sbin/sshd" : NULL;
}

#define RIG_NEEDS_SSHD()                                                                           \
    do {                                                                                           \
        if (!rig_sshd_program()) {                                                                 \
            print_message("skipped: /usr/sbin/sshd is not here (Debian: openssh-server)\n");       \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static inline bool rig_answers(uint32_t ip, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(ip);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool up = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
    close(fd);
    return up;
}

static inline void rig_write_config(const struct rig *r)
{
    const char *extra = r->config ? r->config : "";
    const char *listen = strstr(extra, "ListenAddress") ? "" : "ListenAddress 127.0.0.1\n";
    /* The first word on a setting counts, so the test's come first. */
    LAB_AUTOFREE char *text = lab_format("%s"
                                         "%s"
                                         "Port %u\n"
                                         "HostKey %s/host\n"
                                         "AuthorizedKeysFile %s/authorized_keys\n"
                                         "PidFile none\n"
                                         "UsePAM no\n"
                                         "StrictModes no\n"
                                         "PermitRootLogin prohibit-password\n"
                                         "PasswordAuthentication no\n"
                                         "KbdInteractiveAuthentication no\n"
                                         "UseDNS no\n"
                                         "PrintMotd no\n"
                                         "PrintLastLog no\n"
                                         "LogLevel DEBUG1\n"
                                         "SetEnv HOME=%s\n", /* nobody's .bashrc */
                                         extra, listen, (unsigned)r->port, r->dir, r->dir, r->dir);
    rig_write(r, "sshd_config", text, 0600);
}

static inline void rig_start(struct rig *r)
{
    LAB_AUTOFREE char *config = rig_path(r, "sshd_config");
    LAB_AUTOFREE char *log = rig_path(r, "sshd.log");
    const char *argv[] = {rig_sshd_program(), "-D", "-E", log, "-f", config, NULL};
    rig_write_config(r);
    r->sshd = rig_spawn(argv, NULL);
    for (int i = 0; i < 1000; i++) {
        if (rig_answers(RIG_LOOPBACK, r->port))
            return;
        usleep(10000);
    }
    LAB_AUTOFREE char *said = rig_read(r, "sshd.log");
    fail_msg("sshd did not come up: %s", said);
}

/* The listener only; open connections have processes of their own. */
static inline void rig_stop(struct rig *r)
{
    if (r->sshd <= 0)
        return;
    kill(r->sshd, SIGTERM);
    rig_wait(r->sshd);
    r->sshd = 0;
}

static inline void rig_authorize(const struct rig *r, const char *key)
{
    LAB_AUTOFREE char *file = lab_format("%s.pub", key);
    LAB_AUTOFREE char *text = rig_read(r, file);
    rig_write(r, "authorized_keys", text, 0644);
}

/* CPU time, so that a busy machine does not count against us. */
static inline uint64_t rig_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline void rig_woke(uv_check_t *h)
{
    ((struct rig *)h->data)->woke_ns = rig_cpu_ns();
}

static inline void rig_sleeps(uv_prepare_t *h)
{
    struct rig *r = h->data;
    uint64_t took = r->woke_ns ? rig_cpu_ns() - r->woke_ns : 0;
    if (took > r->longest_ns)
        r->longest_ns = took;
}

static inline void rig_watch_turns(struct rig *r)
{
    uv_check_init(&r->loop, &r->check);
    uv_prepare_init(&r->loop, &r->prepare);
    r->check.data = r->prepare.data = r;
    uv_check_start(&r->check, rig_woke);
    uv_prepare_start(&r->prepare, rig_sleeps);
    uv_unref((uv_handle_t *)&r->check);
    uv_unref((uv_handle_t *)&r->prepare);
}

/* Without config the sshd is not started. */
static inline void rig_init(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    LAB_AUTOFREE char *tmp = plat_temp_dir();
    r->dir = lab_format("%s/labctl-guest-XXXXXX", tmp);
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(chmod(r->dir, 0755), 0);
    r->user = lab_strdup(getpwuid(getuid())->pw_name);
    rig_keygen(r, "host", "ed25519", "");
    rig_keygen(r, "user", "ed25519", "");
    rig_authorize(r, "user");
    r->key = rig_read(r, "user");
    r->hostkey = rig_blob(r, "host", &r->hostkey_len);
    r->port = (uint16_t)plat_random_free_port();
    /* sshd started by root wants this folder; systemd makes it for the real one. */
    if (getuid() == 0)
        mkdir("/run/sshd", 0755);
    assert_int_equal(uv_loop_init(&r->loop), 0);
    rig_watch_turns(r);
}

static inline void rig_clear(struct rig *r)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    rig_stop(r);
    uv_close((uv_handle_t *)&r->check, NULL);
    uv_close((uv_handle_t *)&r->prepare, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    assert_int_equal(plat_remove_tree(r->dir, &err), 0);
    free(r->dir);
    free(r->user);
    free(r->key);
    free(r->hostkey);
    free(r->config);
}

/* --- running the loop ----------------------------------------------------------------------------
 */

static inline void rig_tick(uv_timer_t *t)
{
    (void)t;
}

static inline void rig_closed(uv_handle_t *h)
{
    *(bool *)h->data = true;
}

/* Runs the loop until cond(arg) or the time is over. */
static inline bool rig_until(struct rig *r, bool (*cond)(void *arg), void *arg, uint64_t ms)
{
    uv_timer_t timer;
    bool closed = false;
    uint64_t end = plat_now_ms() + ms;
    uv_timer_init(&r->loop, &timer);
    timer.data = &closed;
    uv_timer_start(&timer, rig_tick, 5, 5);
    bool met = false;
    while (!(met = cond(arg)) && plat_now_ms() < end)
        uv_run(&r->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, rig_closed);
    while (!closed)
        uv_run(&r->loop, UV_RUN_NOWAIT);
    return met;
}

static inline bool rig_never(void *arg)
{
    (void)arg;
    return false;
}

static inline void rig_sleep(struct rig *r, uint64_t ms)
{
    rig_until(r, rig_never, NULL, ms);
}

/* --- a guest and what it reported
 * ----------------------------------------------------------------- */

struct rig_event {
    enum lab_link link;
    char *evidence;
};

struct rig_guest {
    struct lab_guest *guest;
    enum lab_link link;
    LAB_VEC(struct rig_event) events;
    struct lab_error err;
    unsigned errors;
    struct lab_str facts; /* "KEY=VALUE\n" */
    size_t facts_count, facts_longest;
};

static inline void
rig_on_link(void *arg, enum lab_link link, const char *evidence, const struct lab_error *err)
{
    struct rig_guest *s = arg;
    assert_non_null(evidence);
    assert_null(strchr(evidence, '\n'));
    s->link = link;
    struct rig_event *e = lab_vec_push(&s->events);
    e->link = link;
    e->evidence = lab_strdup(evidence);
    if (err) {
        lab_error_copy(&s->err, err);
        s->errors++;
    }
}

static inline void rig_on_fact(void *arg, const char *key, const char *value)
{
    struct rig_guest *s = arg;
    s->facts_count++;
    if (strlen(value) > s->facts_longest)
        s->facts_longest = strlen(value);
    if (s->facts.len < 65536)
        lab_str_addf(&s->facts, "%s=%.200s\n", key, value);
}

static inline struct lab_guest_target rig_target(const struct rig *r)
{
    return (struct lab_guest_target){.node = "web-01",
                                     .ip = RIG_LOOPBACK,
                                     .port = r->port,
                                     .user = r->user,
                                     .private_key = r->key,
                                     .hostkey = r->hostkey,
                                     .hostkey_len = r->hostkey_len,
                                     .retry_ms = 50,
                                     .step_timeout_ms = 10000};
}

static inline void rig_open(struct rig *r,
                            struct rig_guest *s,
                            const struct lab_guest_target *target,
                            const char *facts)
{
    static const struct lab_guest_events events = {rig_on_link, rig_on_fact};
    memset(s, 0, sizeof(*s));
    s->guest = lab_guest_open(&r->loop, target, facts, &events, s);
}

static inline void rig_close(struct rig_guest *s)
{
    size_t before = s->events.len;
    lab_guest_close(s->guest);
    assert_int_equal(s->events.len, before);
    s->guest = NULL;
    LAB_VEC_FOREACH (e, &s->events)
        free(e->evidence);
    lab_vec_clear(&s->events);
    lab_error_clear(&s->err);
    lab_str_clear(&s->facts);
}

/* How often a link with this word in its evidence was reported. */
static inline unsigned rig_saw(const struct rig_guest *s, enum lab_link link, const char *word)
{
    unsigned n = 0;
    for (size_t i = 0; i < s->events.len; i++)
        n += s->events.items[i].link == link && strstr(s->events.items[i].evidence, word);
    return n;
}

static inline void rig_dump(const struct rig_guest *s)
{
    for (size_t i = 0; i < s->events.len; i++)
        print_message("  %s: %s\n", lab_link_name(s->events.items[i].link),
                      s->events.items[i].evidence);
}

static inline bool rig_is_in(void *arg)
{
    return ((struct rig_guest *)arg)->link == LAB_LINK_LOGIN;
}

static inline void rig_expect_login(struct rig *r, struct rig_guest *s, uint64_t ms)
{
    if (rig_until(r, rig_is_in, s, ms))
        return;
    rig_dump(s);
    fail_msg("no login");
}

struct rig_wanted {
    const struct rig_guest *guest;
    enum lab_link link;
    const char *word;
};

static inline bool rig_seen(void *arg)
{
    const struct rig_wanted *w = arg;
    return rig_saw(w->guest, w->link, w->word) > 0;
}

static inline void
rig_expect(struct rig *r, struct rig_guest *s, enum lab_link link, const char *word, uint64_t ms)
{
    struct rig_wanted wanted = {s, link, word};
    if (rig_until(r, rig_seen, &wanted, ms))
        return;
    rig_dump(s);
    fail_msg("never saw link '%s' with '%s'", lab_link_name(link), word);
}

/* --- one command
 * ------------------------------------------------------------------------------------- */

struct rig_exec {
    bool done;
    unsigned calls;
    int status;
    char *signal, *out, *errout;
    size_t out_len, errout_len;
    struct lab_error err;
};

static inline void
rig_on_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct rig_exec *e = arg;
    e->done = true;
    e->calls++;
    e->status = result->status;
    lab_assign(&e->signal, result->signal);
    lab_assign(&e->out, result->out);
    lab_assign(&e->errout, result->errout);
    e->out_len = result->out_len;
    e->errout_len = result->errout_len;
    lab_error_clear(&e->err);
    if (err)
        lab_error_copy(&e->err, err);
}

static inline bool rig_is_done(void *arg)
{
    return ((struct rig_exec *)arg)->done;
}

static inline void rig_exec_clear(struct rig_exec *e)
{
    free(e->signal);
    free(e->out);
    free(e->errout);
    lab_error_clear(&e->err);
    memset(e, 0, sizeof(*e));
}

static inline void
rig_exec_start(struct rig_guest *s, struct rig_exec *e, const char *command, uint64_t timeout_ms)
{
    struct lab_exec exec = {
        .command = command, .timeout_ms = timeout_ms, .done = rig_on_done, .arg = e};
    memset(e, 0, sizeof(*e));
    lab_guest_exec(s->guest, &exec);
    assert_false(e->done);
}

static inline void rig_exec_wait(struct rig *r, struct rig_exec *e)
{
    assert_true(rig_until(r, rig_is_done, e, 60000));
    assert_int_equal(e->calls, 1);
}

static inline void
rig_exec(struct rig *r, struct rig_guest *s, struct rig_exec *e, const char *command)
{
    rig_exec_start(s, e, command, 0);
    rig_exec_wait(r, e);
}

#endif
