#include "run/logs.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/lines.h"
#include "platform.h"
#include "run/gate.h"
#include "run/prepare.h"
#include "run/roster.h"
#include "run/visit.h"

/* Waiting in silence looks like a hang, and a guest that is up answers in a moment. */
static const uint64_t login_ms = 20000, patience_ms = 3000;

/* --- one guest ----------------------------------------------------------------------------------
 */

static void on_data(void *arg, int fd, const char *bytes, size_t n)
{
    struct lab_log_reader *r = arg;
    (void)fd;
    r->heard_ms = plat_now_ms();
    lab_lines_add(r->lines, bytes, n);
}

static void ask(struct lab_log_reader *r);

/* The session comes back by itself; what was written meanwhile is in the guest's journal. */
static bool goes_on(const struct lab_log_reader *r, const struct lab_error *err)
{
    return r->query.follow && !r->stopping && err && err->code == LAB_GUEST;
}

static void on_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct lab_log_reader *r = arg;
    r->stream = NULL;
    lab_lines_end(r->lines);
    if (goes_on(r, err)) {
        if (r->again)
            r->again(r->arg);
        ask(r);
        return;
    }
    r->ended = true;
    if (err)
        lab_error_copy(&r->error, err);
    else if (result->status && !r->stopping)
        lab_fail(&r->error, LAB_GUEST, "its logs cannot be read: the command ended with status %d",
                 result->status);
}

static void ask(struct lab_log_reader *r)
{
    LAB_AUTO_STR struct lab_str command = LAB_STR_INIT;
    struct lab_guest_log_query query = r->query;
    /* A second more: the clocks' seconds do not begin together. */
    query.since_s = r->heard_ms ? (plat_now_ms() - r->heard_ms) / 1000 + 1 : 0;
    lab_guest_log_command(&command, &query, r->is_root);
    const struct lab_exec exec = {.command = lab_str_get(&command),
                                  .timeout_ms = UINT64_MAX,
                                  .data = on_data,
                                  .done = on_done,
                                  .arg = r};
    r->stream = lab_guest_stream(r->guest, &exec, NULL);
    if (!r->query.follow)
        lab_stream_end(r->stream);
}

void lab_log_reader_start(struct lab_log_reader *r)
{
    r->lines = lab_alloc(sizeof(*r->lines));
    r->lines->line = r->line;
    r->lines->arg = r->arg;
    ask(r);
}

void lab_log_reader_stop(struct lab_log_reader *r)
{
    r->stopping = true;
    if (r->stream)
        lab_stream_end(r->stream);
}

void lab_log_reader_clear(struct lab_log_reader *r)
{
    if (r->lines)
        lab_lines_clear(r->lines);
    free(lab_steal(&r->lines));
    lab_error_clear(&r->error);
}

/* --- the lab's ----------------------------------------------------------------------------------
 */

struct reading {
    const struct lab_logs_options *options;
    const char *node;
    struct lab_visit visit;
    struct lab_log_reader reader;
    bool waiting_said, lost, opened;
};

static void on_line(void *arg, const char *text, size_t n)
{
    struct reading *g = arg;
    if (g->lost)
        g->options->note(g->options->arg, g->node, lab_tr("it answers again"));
    g->lost = false;
    g->options->line(g->options->arg, g->node, text, n);
}

static void on_again(void *arg)
{
    struct reading *g = arg;
    if (!g->lost)
        g->options->note(g->options->arg, g->node,
                         lab_tr("the connection dropped; its log goes on when it answers again"));
    g->lost = true;
}

/* The newest word on its gates: where it stands, or why it failed. */
static int present_gate(struct lab_run *run, const char *node)
{
    struct lab_events gates = {{0}};
    LAB_AUTO_ERROR struct lab_error ignored = LAB_ERROR_INIT;
    int gate = -1;
    if (lab_state_gates(run->state, node, &gates, &ignored) == 0)
        LAB_VEC_FOREACH (e, &gates.list)
            if (strcmp(e->state, "passed") != 0)
                gate = lab_gate_by_name(e->gate);
    lab_events_clear(&gates);
    return gate;
}

static void reading_open(struct reading *g, struct lab_run *run)
{
    const struct lab_logs_options *o = g->options;
    g->reader = (struct lab_log_reader){.query = {.log = o->log,
                                                  .gate = present_gate(run, g->node),
                                                  .lines = o->lines,
                                                  .follow = o->follow},
                                        .is_root = strcmp(lab_run_user(run), "root") == 0,
                                        .line = on_line,
                                        .again = on_again,
                                        .arg = g};
    struct lab_node_record *record = lab_node_records_find(&run->records, g->node);
    if (lab_visit_open(&g->visit, run, record, &g->reader.error)) {
        g->reader.ended = true;
        return;
    }
    g->reader.guest = g->visit.guest;
    lab_log_reader_start(&g->reader);
}

static uint64_t limit_of(const struct lab_run *run)
{
    return run->options->timeout_ms ? run->options->timeout_ms : login_ms;
}

static void look(struct reading *g)
{
    struct lab_visit *v = &g->visit;
    if (g->reader.ended || !v->guest)
        return;
    if (lab_visit_is_refused(v, limit_of(v->run))) {
        g->reader.stopping = true;
        lab_guest_close(lab_steal(&v->guest));
        lab_error_clear(&g->reader.error);
        lab_error_copy(&g->reader.error, &v->refused);
        g->reader.ended = true;
    } else if (!v->logged_in && !g->waiting_said && plat_now_ms() - v->began_ms > patience_ms) {
        g->waiting_said = true;
        LAB_AUTOFREE char *text =
            lab_format(lab_tr("no login yet: %s"), v->last_seen ? v->last_seen : "-");
        g->options->note(g->options->arg, g->node, text);
    }
}

static bool all_ended(const struct reading *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!list[i].reader.ended)
            return false;
    return true;
}

static void turn(struct lab_run *run, struct reading *list, size_t n)
{
    uv_run(&run->loop, UV_RUN_ONCE);
    for (size_t i = 0; i < n; i++)
        look(&list[i]);
}

/* Gives the guests a moment to hear that nobody reads any more. */
static void stop_all(struct lab_run *run, struct reading *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!list[i].reader.ended && list[i].visit.guest)
            lab_log_reader_stop(&list[i].reader);
    uint64_t end = plat_now_ms() + 1000;
    while (!all_ended(list, n) && plat_now_ms() < end)
        turn(run, list, n);
}

static void gather(struct lab_run *run, const struct reading *g, struct lab_error *err)
{
    const struct lab_error *why = &g->reader.error;
    if (why->code == LAB_OK || why->code == LAB_CANCELLED)
        return;
    const char *self = lab_run_self(run);
    if (err->code != LAB_OK)
        lab_error_clear(err);
    lab_fail(err, why->code, "%s: %s", g->node, why->message);
    if (why->hint)
        lab_error_hint(err, "%s", why->hint);
    else if (!g->visit.logged_in)
        lab_error_hint(err,
                       "'%s console %s' shows what it wrote to its serial console; '%s status' "
                       "shows whether it runs",
                       self, g->node, self);
}

int lab_logs(struct lab_run *run, const struct lab_logs_options *options, struct lab_error *err)
{
    if (lab_need_lab(run, err) || lab_prepare_keys(run, err))
        return -1;
    size_t n = options->nodes_len;
    struct reading *list = lab_calloc(n, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct reading){.options = options, .node = options->nodes[i]};
        reading_open(&list[i], run);
    }
    while (!all_ended(list, n) && !run->interrupted)
        turn(run, list, n);
    bool interrupted = run->interrupted;
    stop_all(run, list, n);
    for (size_t i = n; i-- > 0;) {
        list[i].reader.stopping = true;
        gather(run, &list[i], err);
        lab_visit_close(&list[i].visit);
        lab_log_reader_clear(&list[i].reader);
    }
    free(list);
    if (!interrupted)
        return err->code == LAB_OK ? 0 : -1;
    lab_error_clear(err);
    return lab_fail(err, LAB_CANCELLED, "interrupted");
}
