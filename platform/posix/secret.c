#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "platform.h"

/* Reading a password, with the terminal's echo restored whatever ends the reading: a line, Ctrl-C,
 * Ctrl-Z, a hangup. Signals only write their number into a pipe; the reading loop restores the
 * terminal and then lets the former handler have the signal. */

enum { SECRET_MAX = 1024 };

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int wake[2] = {-1, -1};

struct reader {
    int tty;
    struct termios before;
    struct sigaction old[LAB_ARRAY_LEN(watched)];
};

static void on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t n = write(wake[1], &byte, 1);
    (void)n; /* full: the reader is being woken anyway */
    errno = saved;
}

static void watch_signals(struct reader *r)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < LAB_ARRAY_LEN(watched); i++) {
        sigaction(watched[i], NULL, &r->old[i]);
        /* What was ignored (nohup) stays ignored. */
        if (r->old[i].sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
}

static void unwatch_signals(const struct reader *r)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(watched); i++)
        sigaction(watched[i], &r->old[i], NULL);
}

static int echo_off(struct reader *r, struct lab_error *err)
{
    if (tcgetattr(r->tty, &r->before) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot read the terminal's settings");
    struct termios silent = r->before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    if (tcsetattr(r->tty, TCSAFLUSH, &silent) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot turn off the terminal's echo");
    return 0;
}

static void say(int tty, const char *text)
{
    ssize_t n = write(tty, text, strlen(text));
    (void)n; /* a terminal that takes no prompt may still give a line */
}

/* Waits for input or a signal. Returns 0 with a line's part in bytes, the signal's number, or -1.
 */
static int wait_line(struct reader *r, char *bytes, size_t size, ssize_t *n)
{
    struct pollfd fds[] = {{.fd = r->tty, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
    for (;;) {
        unsigned char number;
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return -1;
        if (read(wake[0], &number, 1) == 1)
            return number;
        if (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        *n = read(r->tty, bytes, size);
        if (*n >= 0)
            return 0;
        if (errno != EINTR && errno != EAGAIN)
            return -1;
    }
}

/* Appends up to the line's end. Returns 0, a signal's number, or -1 with err set. */
static int read_line(struct reader *r, struct lab_str *line, struct lab_error *err)
{
    char bytes[SECRET_MAX];
    for (;;) {
        ssize_t n = 0;
        int rc = wait_line(r, bytes, sizeof(bytes), &n);
        if (rc < 0)
            return plat_fail_os(err, LAB_HOST, "cannot read from the terminal");
        if (rc > 0)
            return rc;
        char *newline = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;
        lab_str_addn(line, bytes, newline ? (size_t)(newline - bytes) : (size_t)n);
        lab_wipe(bytes, sizeof(bytes));
        if (newline || n == 0)
            return 0;
    }
}

/* One round: until a line, or until a signal was passed on. Returns as read_line(). */
static int ask(struct reader *r, const char *prompt, struct lab_str *line, struct lab_error *err)
{
    watch_signals(r);
    int rc = echo_off(r, err);
    if (rc == 0) {
        say(r->tty, prompt);
        rc = read_line(r, line, err);
        tcsetattr(r->tty, TCSAFLUSH, &r->before);
        say(r->tty, "\n");
    }
    unwatch_signals(r);
    if (rc > 0)
        kill(getpid(), rc); /* ends us, stops us, or reaches the handler of labctl's loop */
    return rc;
}

static int
ask_until_done(struct reader *r, const char *prompt, struct lab_str *out, struct lab_error *err)
{
    struct lab_str line = LAB_STR_MAX(SECRET_MAX);
    line.ptr = lab_alloc(line.cap = SECRET_MAX + 1); /* never moved, so no copy is left behind */
    int rc;
    do {
        line.len = 0;
        rc = ask(r, prompt, &line, err);
        /* After Ctrl-Z and fg: ask again. */
    } while (rc == SIGTSTP || rc == SIGTTIN || rc == SIGTTOU);
    if (rc > 0)
        rc = lab_fail(err, LAB_CANCELLED, "no password was read: interrupted");
    else if (rc == 0 && !lab_str_ok(&line))
        rc = lab_fail(err, LAB_USAGE, "the password is longer than %d bytes", SECRET_MAX);
    if (rc == 0)
        lab_str_addn(out, line.ptr, line.len);
    lab_wipe(line.ptr, line.cap);
    lab_str_clear(&line);
    return rc;
}

static int
with_pipe(struct reader *r, const char *prompt, struct lab_str *out, struct lab_error *err)
{
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot read a password");
    int rc = ask_until_done(r, prompt, out, err);
    close(wake[0]);
    close(wake[1]);
    return rc;
}

int plat_read_secret(const char *prompt, struct lab_str *out, struct lab_error *err)
{
    struct reader r = {.tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (r.tty < 0) {
        plat_fail_os(err, LAB_HOST, "cannot ask for a password: there is no terminal (/dev/tty)");
        return lab_error_hint(err, "run it in a terminal");
    }
    pthread_mutex_lock(&one_at_a_time);
    int rc = with_pipe(&r, prompt, out, err);
    pthread_mutex_unlock(&one_at_a_time);
    close(r.tty);
    return rc;
}

/* Not RLIMIT_CORE: a handler such as systemd-coredump gets the dump whatever the limit, and
 * children would inherit it. LeakSanitizer is a debugger. */
void plat_guard_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

char *plat_private_command(const char *path)
{
    return lab_format("chmod 600 '%s'", path);
}
