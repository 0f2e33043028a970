/* What the hypervisor says of the VMs, and the logs inside the guests that answer. */
#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "run/guest_logs.h"
#include "run/prepare.h"
#include "run/support_priv.h"
#include "run/visit.h"

/* The guests are asked all at once; status has already waited for those that are dead. */
enum { LIMIT_MS = 6000, LOG_BYTES = 2 * 1024 * 1024, LINES = 4000 };

/* --- the hypervisor's ---------------------------------------------------------------------------
 */

struct record_text {
    char *file, *text;
    size_t n;
};

struct records_work {
    struct lab_run *run;
    const char *node;
    LAB_VEC(struct record_text) texts;
};

static void take(void *arg, const char *file, struct lab_str *text)
{
    struct records_work *w = arg;
    size_t n = text->len;
    *lab_vec_push(&w->texts) = (struct record_text){lab_strdup(file), lab_str_detach(text), n};
}

static int records_fn(void *arg, struct lab_error *err)
{
    struct records_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    const struct lab_record_taker taker = {take, w};
    return p->ops->records(p, w->node, &taker, err);
}

static void put_machine(struct lab_support *s, const char *node)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct records_work w = {.run = s->run, .node = node};
    if (lab_await(s->run, NULL, records_fn, &w, NULL, &err)) {
        LAB_AUTOFREE char *name = lab_format("machines/%s/", node);
        lab_support_lack_error(s, name, &err);
    }
    LAB_VEC_FOREACH (t, &w.texts) {
        LAB_AUTOFREE char *name = lab_format("machines/%s/%s", node, t->file);
        lab_support_put(s, name, "definition or log of that node's VM", t->text, t->n);
        free(t->file);
        free(t->text);
    }
    lab_vec_clear(&w.texts);
}

void lab_support_machines(struct lab_support *s)
{
    if (!s->run || !s->run->provider_open) {
        lab_support_lack(s, "machines/", "no hypervisor could be asked");
        return;
    }
    LAB_VEC_FOREACH (record, &s->run->records.list)
        if (!s->run->interrupted)
            put_machine(s, record->name);
}

/* --- the guests' --------------------------------------------------------------------------------
 */

static const char *const logs[] = {"cloud-init", "copy", "packages", "k3s", "system"};

struct reading {
    struct asking *of;
    struct lab_str text;
    bool ended, whole;
};

struct asking {
    struct lab_visit visit;
    struct reading readings[LAB_ARRAY_LEN(logs)];
};

static void on_data(void *arg, int fd, const char *bytes, size_t n)
{
    struct reading *r = arg;
    (void)fd;
    lab_str_addn(&r->text, bytes, n);
}

static void on_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct reading *r = arg;
    (void)result;
    r->ended = true;
    r->whole = !err;
}

static void ask(struct asking *a, struct lab_run *run, const struct lab_node_record *record)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    bool open = lab_visit_open(&a->visit, run, record, &err) == 0;
    for (size_t i = 0; i < LAB_ARRAY_LEN(logs); i++) {
        LAB_AUTO_STR struct lab_str command = LAB_STR_INIT;
        struct reading *r = &a->readings[i];
        const struct lab_guest_log_query query = {
            .log = lab_guest_log_by_name(logs[i]), .gate = -1, .lines = LINES};
        r->of = a;
        r->text.max = LOG_BYTES;
        r->ended = !open;
        lab_guest_log_command(&command, &query, strcmp(lab_run_user(run), "root") == 0);
        const struct lab_exec exec = {.command = lab_str_get(&command),
                                      .timeout_ms = LIMIT_MS,
                                      .data = on_data,
                                      .done = on_done,
                                      .arg = r};
        if (open)
            lab_guest_exec(a->visit.guest, &exec);
    }
}

static bool all_ended(const struct asking *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < LAB_ARRAY_LEN(logs); k++)
            if (!list[i].readings[k].ended)
                return false;
    return true;
}

/* What came is kept, also of a log that did not end in time. */
static void put_guest(struct lab_support *s, struct asking *a, const char *node)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(logs); i++) {
        struct reading *r = &a->readings[i];
        LAB_AUTOFREE char *name = lab_format("guests/%s/%s.log", node, logs[i]);
        if (!r->whole)
            lab_support_lack(s, name, "it did not come, or not all of it, in 6 seconds");
        else if (!lab_str_ok(&r->text))
            lab_support_lack(s, name, "what is beyond 2 MiB was left out");
        lab_support_put(s, name, "log inside that guest", lab_str_get(&r->text), r->text.len);
    }
}

static bool answered(const struct lab_support *s, const char *node)
{
    LAB_VEC_FOREACH (row, &s->status.rows)
        if (strcmp(row->node, node) == 0)
            return row->answered;
    return false;
}

static void ask_all(struct lab_support *s, struct asking *list, const char **names)
{
    struct lab_run *run = s->run;
    size_t n = 0;
    LAB_VEC_FOREACH (record, &run->records.list) {
        if (!answered(s, record->name)) {
            LAB_AUTOFREE char *name = lab_format("guests/%s/", record->name);
            lab_support_lack(s, name, "the guest is off, or does not answer over SSH");
            continue;
        }
        names[n] = record->name;
        ask(&list[n++], run, record);
    }
    uint64_t end = plat_now_ms() + LIMIT_MS;
    while (!all_ended(list, n) && !run->interrupted && plat_now_ms() < end)
        uv_run(&run->loop, UV_RUN_ONCE);
    for (size_t i = 0; i < n; i++) {
        if (!run->interrupted)
            put_guest(s, &list[i], names[i]);
        lab_visit_close(&list[i].visit); /* commands that still run end here */
        for (size_t k = 0; k < LAB_ARRAY_LEN(logs); k++)
            lab_str_clear(&list[i].readings[k].text);
    }
}

void lab_support_guests(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!s->run || !s->run->state || !s->run->records.list.len)
        return; /* state.ndjson and machines/ say why */
    if (lab_prepare_keys(s->run, &err)) {
        lab_support_lack_error(s, "guests/", &err);
        return;
    }
    size_t n = s->run->records.list.len;
    struct asking *list = lab_calloc(n, sizeof(*list));
    const char **names = lab_calloc(n, sizeof(*names));
    ask_all(s, list, names);
    free(names);
    free(list);
}
