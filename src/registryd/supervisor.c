/* The supervisor: one loop, one child, its output, its end.
 *
 *   start -> running       the child was spawned
 *   running -> resting     it ended: again after a pause that doubles with every quick end
 *   running -> ending      SIGTERM, or the folder is gone: the child is asked, then killed
 *   resting, ending -> out
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/text.h"
#include "platform.h"
#include "registryd/files.h"
#include "registryd/log.h"
#include "registryd/server.h"
#include "registryd/supervisor.h"

enum {
    LOG_MAX = 4 << 20,
    MERCY_MS = 10 * 1000, /* from SIGTERM to SIGKILL */
    LOOK_MS = 2000,       /* how late it is noticed that the folder is gone */
    LOCK_MS = 2000,
    LOCK_PAUSE_MS = 50
};

struct supervisor {
    const char *lab;
    const struct lab_registryd_files *files;
    struct lab_registryd_log log;
    struct lab_registryd_running running;
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
    uv_timer_t look, timer; /* timer: the pause while resting, mercy while ending */
    uv_process_t child;
    uv_pipe_t out, errout;
    char bytes[16 * 1024];
    uint64_t began_ms; /* this start, monotonic */
    unsigned quick;    /* ends in a row, each soon after its start */
    unsigned open;     /* of child, out and errout; the child is over when none is */
    uint64_t lock;     /* the inode of the one that is held; 0 where the system has none */
    bool ending;
};

uint64_t lab_registryd_pause_ms(unsigned quick)
{
    uint64_t ms = 500;
    for (unsigned i = 1; i < quick && ms < LAB_REGISTRYD_PAUSE_MAX_MS; i++)
        ms *= 2;
    return ms < LAB_REGISTRYD_PAUSE_MAX_MS ? ms : LAB_REGISTRYD_PAUSE_MAX_MS;
}

/* Deleted and made again by an `up`, the folder is another registry's. */
static bool has_its_folder(const struct supervisor *s)
{
    struct plat_stat st;
    return plat_stat(s->files->lock, &st) == 0 && st.inode == s->lock &&
           plat_stat(s->files->config, &st) == 0;
}

static void write_running(struct supervisor *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (has_its_folder(s) && lab_registryd_running_write(s->files, &s->running, &err))
        lab_registryd_log_say(&s->log, "%s", err.message);
}

/* --- the child -------------------------------------------------------------------------------- */

static void start(uv_timer_t *timer);

static void rest(struct supervisor *s)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    bool was_quick = plat_now_ms() - s->began_ms < LAB_REGISTRYD_QUICK_MS;
    s->quick = was_quick ? s->quick + 1 : 1;
    uint64_t pause = lab_registryd_pause_ms(s->quick);
    lab_put_duration(&text, pause);
    lab_registryd_log_say(&s->log, "docker-registry ended (%s); again in %s", s->running.last_end,
                          lab_str_get(&text));
    s->running.server_pid = 0;
    s->running.restarts++;
    write_running(s);
    uv_timer_start(&s->timer, start, pause, 0);
}

static void child_over(struct supervisor *s)
{
    uv_timer_stop(&s->timer);
    if (s->ending)
        uv_stop(&s->loop);
    else
        rest(s);
}

static void on_closed(uv_handle_t *handle)
{
    struct supervisor *s = handle->data;
    if (--s->open == 0)
        child_over(s);
}

static void on_exit_(uv_process_t *process, int64_t status, int signal)
{
    struct supervisor *s = process->data;
    LAB_AUTOFREE char *why = signal ? lab_format("signal %d", signal)
                                    : lab_format("exit status %lld", (long long)status);
    lab_assign(&s->running.last_end, why);
    uv_close((uv_handle_t *)process, on_closed);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct supervisor *s = handle->data;
    (void)hint;
    *buf = uv_buf_init(s->bytes, sizeof(s->bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct supervisor *s = stream->data;
    if (n > 0)
        lab_registryd_log_write(&s->log, buf->base, (size_t)n);
    else if (n < 0)
        uv_close((uv_handle_t *)stream, on_closed);
}

static void open_pipe(struct supervisor *s, uv_pipe_t *pipe, uv_stdio_container_t *stdio)
{
    uv_pipe_init(&s->loop, pipe, 0);
    pipe->data = s;
    stdio->flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
    stdio->data.stream = (uv_stream_t *)pipe;
}

/* Through labctl, which binds itself to us and then becomes the server. */
static int spawn(struct supervisor *s)
{
    char self[4096];
    size_t size = sizeof(self);
    LAB_AUTOFREE char *pid = lab_format("--child-of=%lu", plat_pid());
    LAB_AUTOFREE char *lab = lab_format("--lab=%s", s->lab);
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}};
    char verb[] = "registry", part[] = "serve";
    char *argv[] = {self, verb, part, lab, pid, NULL};
    uv_process_options_t options = {
        .exit_cb = on_exit_,
        .file = self,
        .args = argv,
        .flags =
            UV_PROCESS_DETACHED, /* a Ctrl-C at a supervisor in a terminal is ours to pass on */
        .stdio_count = 3,
        .stdio = stdio,
    };
    open_pipe(s, &s->out, &stdio[1]);
    open_pipe(s, &s->errout, &stdio[2]);
    s->child.data = s;
    int rc = uv_exepath(self, &size);
    return rc < 0 ? rc : uv_spawn(&s->loop, &s->child, &options);
}

static void start(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    s->began_ms = plat_now_ms();
    s->running.digest[0] = '\0';
    if (lab_registryd_digest(s->files, s->running.digest, NULL))
        s->running.digest[0] = '\0'; /* no digest of ours: `up` starts it anew */
    s->open = 3;
    int rc = spawn(s);
    if (rc < 0) {
        LAB_AUTOFREE char *why = lab_format("cannot be started: %s", uv_strerror(rc));
        lab_assign(&s->running.last_end, why);
        uv_close((uv_handle_t *)&s->child, on_closed);
        uv_close((uv_handle_t *)&s->out, on_closed);
        uv_close((uv_handle_t *)&s->errout, on_closed);
        return;
    }
    s->running.server_pid = (uint64_t)s->child.pid;
    s->running.since_ms = plat_wall_ms();
    lab_registryd_log_say(&s->log, "docker-registry starts (pid %d)", s->child.pid);
    write_running(s);
    uv_read_start((uv_stream_t *)&s->out, on_alloc, on_read);
    uv_read_start((uv_stream_t *)&s->errout, on_alloc, on_read);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void on_mercy_over(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    plat_end_process(s->running.server_pid, true);
}

static void end(struct supervisor *s, const char *why)
{
    if (s->ending)
        return;
    s->ending = true;
    lab_registryd_log_say(&s->log, "the registry ends: %s", why);
    uv_timer_stop(&s->timer);
    if (s->open == 0) {
        uv_stop(&s->loop);
        return;
    }
    plat_end_process(s->running.server_pid, false);
    uv_timer_start(&s->timer, on_mercy_over, MERCY_MS, 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
    if (number != SIGHUP) /* the terminal that it was started from has gone: none of its business */
        end(handle->data, "it was asked to");
}

/* Somebody removed the lab's folder by hand: what would be served is gone. */
static void on_look(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    if (!has_its_folder(s))
        end(s, "its folder is gone");
}

static void watch(struct supervisor *s, uv_signal_t *handle, int number)
{
    uv_signal_init(&s->loop, handle);
    handle->data = s;
    uv_signal_start(handle, on_signal, number);
}

static void close_any(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void run(struct supervisor *s)
{
    uv_loop_init(&s->loop);
    watch(s, &s->term, SIGTERM);
    watch(s, &s->interrupt, SIGINT);
    watch(s, &s->hangup, SIGHUP);
    uv_timer_init(&s->loop, &s->look);
    uv_timer_init(&s->loop, &s->timer);
    s->look.data = s->timer.data = s;
    uv_timer_start(&s->look, on_look, LOOK_MS, LOOK_MS);
    start(&s->timer);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_walk(&s->loop, close_any, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
}

/* Somebody who only makes sure that none runs (lab_registryd_remove) holds it for a moment. */
static int take_lock(struct plat_lock **out, const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *holder = lab_registryd_holder();
    for (uint64_t end = plat_now_ms() + LOCK_MS; plat_now_ms() < end; uv_sleep(LOCK_PAUSE_MS))
        if (plat_lock_take(out, path, holder, NULL) == 0)
            return 0;
    return plat_lock_take(out, path, holder, err);
}

int lab_registryd_serve(const char *lab, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    LAB_AUTOFREE struct supervisor *s = lab_alloc(sizeof(*s));
    LAB_AUTOFREE char *program = NULL;
    struct plat_lock *lock;
    lab_registryd_files(&files, lab);
    if (lab_registryd_program(&program, err) || take_lock(&lock, files.lock, err))
        return -1;
    s->lab = lab;
    s->files = &files;
    struct plat_stat held;
    s->lock = plat_stat(files.lock, &held) == 0 ? held.inode : 0;
    plat_ignore_broken_pipe();
    int rc = lab_registryd_log_open(&s->log, files.log, LOG_MAX, err);
    if (rc == 0) {
        run(s);
        if (has_its_folder(s))
            plat_remove(files.running, NULL);
        lab_registryd_log_close(&s->log);
    }
    lab_registryd_running_clear(&s->running);
    plat_lock_drop(lock);
    return rc;
}
