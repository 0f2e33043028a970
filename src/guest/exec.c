/* lab_guest_exec: one command, its output collected or passed on, and its status. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "guest/session.h"

enum { OUTPUT_MAX = 1024 * 1024 };

static const uint64_t default_timeout_ms = 60000;

/* A job of lab_guest_exec(), or a stream. */
struct lab_stream {
    struct lab_channel *channel;
    void (*ready)(void *arg);
    lab_exec_data data;
    lab_exec_done done;
    void *arg;
    uint64_t timeout_ms;
    struct lab_str out, errout;
};

static void put_seconds(struct lab_str *out, uint64_t ms)
{
    lab_put_duration(out, ms >= 1000 ? ms / 1000 * 1000 : ms);
}

static void exec_late(struct lab_channel *ch, struct lab_error *err)
{
    const struct lab_stream *job = ch->arg;
    struct lab_guest *g = ch->guest;
    LAB_AUTO_STR struct lab_str limit = LAB_STR_INIT;
    put_seconds(&limit, job->timeout_ms);
    if (ch->state != LAB_CHANNEL_WAIT) {
        lab_fail(err, LAB_TIMEOUT, "'%s' on '%s' was still running after %s", ch->name, g->node,
                 lab_str_get(&limit));
        return;
    }
    if (g->state == LAB_SESSION_READY) {
        lab_fail(err, LAB_TIMEOUT, "'%s' on '%s' did not get its turn behind other commands in %s",
                 ch->name, g->node, lab_str_get(&limit));
        return;
    }
    lab_fail(err, LAB_TIMEOUT, "'%s' could not run: no login on '%s' within %s; last seen: %s",
             ch->name, g->node, lab_str_get(&limit), g->evidence);
    lab_error_hint(err, "look at the console log of %s in the lab's folder", g->node);
}

static void keep(struct lab_channel *ch, struct lab_str *to, int fd, const char *bytes, size_t n)
{
    size_t room = OUTPUT_MAX - to->len;
    lab_str_addn(to, bytes, n < room ? n : room);
    if (n <= room)
        return;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_fail(&err, LAB_GUEST, "'%s' on '%s' wrote more than 1 MiB to its %s and was cut off there",
             ch->name, ch->guest->node, fd == 1 ? lab_tr("output") : lab_tr("error output"));
    lab_channel_abort(ch, &err);
}

static void exec_data(struct lab_channel *ch, int fd, const char *bytes, size_t n)
{
    struct lab_stream *job = ch->arg;
    if (job->data)
        job->data(job->arg, fd, bytes, n);
    else
        keep(ch, fd == 1 ? &job->out : &job->errout, fd, bytes, n);
}

static void exec_end(struct lab_channel *ch, const struct lab_channel_end *end)
{
    struct lab_stream *job = ch->arg;
    ch->arg = NULL;
    struct lab_exec_result result = {.status = end->err ? -1 : end->status,
                                     .signal = end->signal,
                                     .out = lab_str_get(&job->out),
                                     .errout = lab_str_get(&job->errout),
                                     .out_len = job->out.len,
                                     .errout_len = job->errout.len};
    if (job->done)
        job->done(job->arg, &result, end->err);
    lab_str_clear(&job->out);
    lab_str_clear(&job->errout);
    free(job);
}

static void stream_ready(struct lab_channel *ch)
{
    struct lab_stream *job = ch->arg;
    if (job->ready)
        job->ready(job->arg);
}

struct lab_stream *
lab_guest_stream(struct lab_guest *g, const struct lab_exec *exec, void (*ready)(void *arg))
{
    static const struct lab_channel_ops ops = {.data = exec_data,
                                               .end = exec_end,
                                               .started = stream_ready,
                                               .drained = stream_ready,
                                               .late = exec_late};
    struct lab_stream *job = lab_alloc(sizeof(*job));
    job->data = exec->data;
    job->done = exec->done;
    job->arg = exec->arg;
    job->ready = ready;
    job->timeout_ms = exec->timeout_ms ? exec->timeout_ms : default_timeout_ms;
    job->channel = lab_channel_new(g, LAB_CHANNEL_EXEC, exec->command, &ops, job);
    if (job->timeout_ms != UINT64_MAX)
        job->channel->deadline_ms = lab_wire_now() + job->timeout_ms;
    return job;
}

void lab_stream_write(struct lab_stream *stream, const void *bytes, size_t n)
{
    lab_channel_feed(stream->channel, bytes, n);
}

size_t lab_stream_waiting(const struct lab_stream *stream)
{
    return stream->channel->fed;
}

void lab_stream_end(struct lab_stream *stream)
{
    lab_channel_feed_end(stream->channel);
}

void lab_stream_abort(struct lab_stream *stream, struct lab_error *err)
{
    lab_channel_abort(stream->channel, err);
}

void lab_guest_exec(struct lab_guest *g, const struct lab_exec *exec)
{
    struct lab_stream *job = lab_guest_stream(g, exec, NULL);
    if (exec->input && exec->input_len)
        lab_stream_write(job, exec->input, exec->input_len);
    lab_stream_end(job);
}
