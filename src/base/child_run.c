#include "base/child_run.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/child_env.h"
#include "base/file.h"
#include "base/log.h"
#include "base/work.h"
#include "platform.h"

/* Each child gets a loop of its own on the calling worker thread: a plain blocking call for the
 * caller, and no other thread's loop to touch. */

enum {
    TICK_MS = 100,    /* how late a cancellation or deadline may be noticed */
    MERCY_MS = 2000,  /* from SIGTERM to SIGKILL */
    PAUSE_MS = 5000,  /* no two ticks are that far apart while this process runs */
    GRACE_TICKS = 10, /* for output that is still open after the exit: one second */
    READ_SIZE = 64 * 1024
};

enum { CHILD_IN, CHILD_OUT, CHILD_ERR };

struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
    } u;
    struct lab_str *into;
    bool open;
};

struct run {
    struct lab_child *child;
    struct lab_error *err;
    uv_loop_t loop;
    uv_process_t process;
    uv_timer_t tick;
    struct stream streams[3];
    uv_write_t write;
    char bytes[READ_SIZE]; /* libuv reads one stream at a time */
    uint64_t deadline, ticked_at;
    uint64_t asked_at; /* when SIGTERM was sent; 0: it was not */
    /* Ticks since the exit. Not time: after a pause of this machine the timer is served before the
     * output that is waiting, which would be lost. */
    unsigned ticks;
    bool exited, killed, stopped;
};

static uint64_t now(struct run *r)
{
    uv_update_time(&r->loop);
    return uv_now(&r->loop) + 1; /* never 0 */
}

static void close_stream(struct stream *s)
{
    if (!s->open)
        return;
    s->open = false;
    uv_close(&s->u.handle, NULL);
}

/* Closes what is still open; the loop then ends by itself. */
static void stop(struct run *r)
{
    if (r->stopped)
        return;
    r->stopped = true;
    for (size_t i = 0; i < LAB_ARRAY_LEN(r->streams); i++)
        close_stream(&r->streams[i]);
    uv_close((uv_handle_t *)&r->tick, NULL);
}

static const char *program(const struct run *r)
{
    return r->child->argv.items[0];
}

/* The first reason is the one that is reported. */
static void end_group(struct run *r)
{
    if (r->asked_at)
        return;
    r->asked_at = now(r);
    plat_kill_group(r->process.pid, false);
}

static bool output_open(const struct run *r)
{
    return r->streams[CHILD_OUT].open || r->streams[CHILD_ERR].open;
}

/* After its exit: whether something is still worth waiting for. */
static bool lingers(struct run *r)
{
    if (!r->asked_at)
        return output_open(r) && r->ticks < GRACE_TICKS;
    /* We are ending it: nothing that it started may survive, but all of it gets its two seconds. */
    return plat_group_alive(r->process.pid) && r->ticks < GRACE_TICKS + MERCY_MS / TICK_MS;
}

static void check_end(struct run *r)
{
    if (!r->exited || lingers(r))
        return;
    if (output_open(r))
        lab_log("'%s' has ended, but a process that it started keeps its output open", program(r));
    stop(r);
}

/* Of a pause of this process or this machine the child's end may not be known yet, or it had the
 * same pause: its time does not count. */
static void forgive_pause(struct run *r, uint64_t t)
{
    if (t - r->ticked_at > PAUSE_MS)
        r->deadline += t - r->ticked_at;
    r->ticked_at = t;
}

static void on_tick(uv_timer_t *timer)
{
    struct run *r = timer->data;
    uint64_t t = now(r);
    forgive_pause(r, t);
    if (!r->exited && lab_work_cancelled()) {
        lab_child_cancelled(r->child, r->err);
        end_group(r);
    } else if (!r->exited && t >= r->deadline) {
        lab_child_late(r->child, r->err);
        end_group(r);
    }
    if (r->asked_at && !r->killed && t >= r->asked_at + MERCY_MS) {
        r->killed = true;
        plat_kill_group(r->process.pid, true);
    }
    r->ticks += r->exited;
    check_end(r);
}

static void on_exit_(uv_process_t *process, int64_t status, int signal)
{
    struct run *r = process->data;
    r->child->status = signal ? -1 : (int)status;
    r->child->signal = signal;
    r->exited = true;
    uv_close((uv_handle_t *)process, NULL);
    check_end(r);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct run *r = handle->data;
    (void)hint;
    *buf = uv_buf_init(r->bytes, sizeof(r->bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct run *r = stream->data;
    struct stream *s =
        stream == &r->streams[CHILD_OUT].u.stream ? &r->streams[CHILD_OUT] : &r->streams[CHILD_ERR];
    if (n > 0) {
        lab_str_addn(s->into, buf->base, (size_t)n);
        if (lab_str_ok(s->into))
            return;
        lab_child_too_much(r->child, r->err);
        end_group(r);
    }
    if (n != 0)
        close_stream(s);
    check_end(r);
}

/* A child that ends without reading all of it (EPIPE) has its reasons; its status tells them. */
static void on_written(uv_write_t *req, int status)
{
    struct run *r = req->data;
    (void)status;
    close_stream(&r->streams[CHILD_IN]);
}

/* Memory, processes, files: and what Windows says of a program that is being looked at by something
 * else just then (EBUSY) or that it could not start for a reason of its own (UNKNOWN). */
static bool may_pass(int rc)
{
    switch (rc) {
    case UV_EAGAIN:
    case UV_EBUSY:
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOMEM:
    case UV_ETXTBSY:
    case UV_UNKNOWN:
        return true;
    default:
        return false;
    }
}

static int spawn_failed(struct run *r, int rc)
{
    const char *name = program(r);
    if (rc == UV_ENOENT && lab_path_base(name) == name) {
        r->child->missing = true;
        lab_fail(r->err, LAB_HOST, "cannot run '%s': not found in PATH", name);
        return lab_error_hint(r->err,
                              "install the package that has '%s', or add its folder to PATH", name);
    }
    LAB_AUTOFREE char *barred =
        rc == UV_EACCES && lab_path_base(name) == name ? plat_find_barred(name) : NULL;
    if (barred) {
        lab_fail(r->err, LAB_HOST, "cannot run '%s': '%s' is not executable", name, barred);
        return lab_error_hint(r->err, "sudo chmod +x %s", barred);
    }
    if (rc == UV_UNKNOWN) /* to libuv; the system has a word for it */
        return plat_fail_os(r->err, LAB_HOST, "cannot run '%s'", name);
    return lab_fail(r->err, LAB_HOST, "cannot run '%s': %s", name, uv_strerror(rc));
}

static void open_stream(struct run *r, int i, uv_stdio_container_t *stdio, struct lab_str *into)
{
    struct stream *s = &r->streams[i];
    int direction = i == CHILD_IN ? UV_READABLE_PIPE : UV_WRITABLE_PIPE; /* as the child sees it */
    uv_pipe_init(&r->loop, &s->u.pipe, 0);
    s->u.pipe.data = r;
    s->into = into;
    s->open = true;
    stdio[i].flags = (uv_stdio_flags)(UV_CREATE_PIPE | direction);
    stdio[i].data.stream = &s->u.stream;
}

static int spawn(struct run *r)
{
    struct lab_child *c = r->child;
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}}; /* the null device */
    if (c->input)
        open_stream(r, CHILD_IN, stdio, NULL);
    open_stream(r, CHILD_OUT, stdio, &c->out);
    open_stream(r, CHILD_ERR, stdio, &c->errout);
    char **env = lab_child_env_new(c->env);
    *lab_vec_push(&c->argv) = NULL;
    uv_process_options_t options = {
        .exit_cb = on_exit_,
        .file = program(r),
        .args = c->argv.items,
        .env = env,
        .flags = UV_PROCESS_WINDOWS_HIDE | (plat_child_own_group() ? UV_PROCESS_DETACHED : 0),
        .stdio_count = 3,
        .stdio = stdio,
    };
    r->process.data = r;
    int rc = uv_spawn(&r->loop, &r->process, &options);
    c->argv.len--;
    if (rc < 0) {
        spawn_failed(r, rc);
        uv_close((uv_handle_t *)&r->process, NULL);
    }
    lab_child_env_free(env);
    return rc;
}

static void start_streams(struct run *r)
{
    struct lab_child *c = r->child;
    uv_read_start(&r->streams[CHILD_OUT].u.stream, on_alloc, on_read);
    uv_read_start(&r->streams[CHILD_ERR].u.stream, on_alloc, on_read);
    if (!c->input)
        return;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)c->input, (unsigned)c->input_len);
    r->write.data = r;
    if (uv_write(&r->write, &r->streams[CHILD_IN].u.stream, &buf, 1, on_written) < 0)
        close_stream(&r->streams[CHILD_IN]);
}

int lab_child_loop(struct lab_child *c, bool *passes, struct lab_error *err)
{
    LAB_AUTOFREE struct run *r = lab_alloc(sizeof(*r));
    r->child = c;
    r->err = err;
    int rc = uv_loop_init(&r->loop);
    if (rc < 0)
        return lab_fail(err, LAB_HOST, "cannot run '%s': no event loop: %s", program(r),
                        uv_strerror(rc));
    uv_timer_init(&r->loop, &r->tick);
    r->tick.data = r;
    rc = spawn(r);
    if (rc < 0) {
        *passes = may_pass(rc);
        stop(r);
    } else {
        plat_group_open(r->process.pid);
        r->ticked_at = now(r);
        r->deadline = r->ticked_at + c->timeout_ms;
        uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
        start_streams(r);
    }
    uv_run(&r->loop, UV_RUN_DEFAULT);
    if (rc == 0)
        plat_group_close(r->process.pid);
    if (uv_loop_close(&r->loop) != 0)
        lab_log("the loop of '%s' did not close", program(r));
    return err->code == LAB_OK ? 0 : -1;
}
