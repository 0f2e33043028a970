/* cp on a lab: which node, which side, and what is shown meanwhile. */
#include "run/copy.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/prepare.h"
#include "run/roster.h"
#include "run/visit.h"

static const uint64_t login_ms = 20000, live_ms = 200;

struct copying {
    struct lab_run *run;
    const struct lab_copy_options *options;
    const char *node;
    struct lab_visit visit;
    uint64_t shown_ms;
};

/* --- which side ---------------------------------------------------------------------------------
 */

/* "NODE:PATH": the path, with *node_len set; NULL: a path of this host. One that is absolute here
 * (C:\x) or has a separator before the colon is no node's. */
static const char *guest_path(const char *word, size_t *node_len)
{
    size_t n = strcspn(word, ":");
    if (!word[n] || !n || plat_path_is_absolute(word))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (plat_is_separator(word[i]))
            return NULL;
    *node_len = n;
    return word + n + 1;
}

static int take_node(struct copying *g, const char *word, size_t n, struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_strndup(word, n);
    if (lab_need_node(g->run, name, err))
        return lab_error_wrap(err, "'%s' (a file of this host is './%s')", word, word);
    const char *node = lab_node_records_find(&g->run->records, name)->name;
    if (g->node && strcmp(g->node, node) != 0) {
        lab_fail(err, LAB_USAGE, "one copy has one node, not '%s' and '%s'", g->node, node);
        return lab_error_hint(err, "copy from the one to this host, then to the other");
    }
    g->node = node;
    return 0;
}

static int
sort_out(struct copying *g, const char **paths, const char **to, bool *up, struct lab_error *err)
{
    const struct lab_copy_options *o = g->options;
    size_t n = 0, guests = 0;
    for (size_t i = 0; i < o->from_len; i++) {
        const char *path = guest_path(o->from[i], &n);
        if (path && take_node(g, o->from[i], n, err))
            return -1;
        guests += path != NULL;
        paths[i] = path ? path : o->from[i];
    }
    const char *path = guest_path(o->to, &n);
    if (path && take_node(g, o->to, n, err))
        return -1;
    *to = path ? path : o->to;
    *up = path != NULL;
    if (guests && *up) {
        lab_fail(err, LAB_USAGE, "both sides of the copy are in node '%s'", g->node);
        return lab_error_hint(err,
                              "'%s ssh %s -- cp …' copies inside a node; between nodes, copy "
                              "to this host and from there",
                              lab_run_self(g->run), g->node);
    }
    if (guests ? guests == o->from_len : *up)
        return 0;
    if (guests)
        lab_fail(err, LAB_USAGE, "the sources are partly here and partly in '%s'", g->node);
    else
        lab_fail(err, LAB_USAGE, "neither side of the copy is a node");
    return lab_error_hint(err, "for example: %s cp ./file NODE:/tmp/", lab_run_self(g->run));
}

/* --- what is shown, and what ends it ------------------------------------------------------------
 */

static bool stop(void *arg, struct lab_error *err)
{
    struct copying *g = arg;
    struct lab_run *run = g->run;
    if (run->interrupted) {
        lab_fail(err, LAB_CANCELLED, "interrupted");
        return true;
    }
    if (!lab_visit_is_refused(&g->visit,
                              run->options->timeout_ms ? run->options->timeout_ms : login_ms))
        return false;
    lab_error_copy(err, &g->visit.refused);
    lab_error_hint(err, "'%s console %s' shows what it wrote to its serial console",
                   lab_run_self(run), g->node);
    return true;
}

static void show_progress(void *arg, const char *name, uint64_t done, uint64_t total)
{
    struct copying *g = arg;
    const struct lab_listener *listener = g->run->listener;
    uint64_t now = plat_now_ms();
    if (!listener->live || now - g->shown_ms < live_ms)
        return;
    g->shown_ms = now;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_str_addf(&text, "%s: ", name);
    lab_put_size(&text, done);
    lab_str_add(&text, lab_tr(" of "));
    lab_put_size(&text, total);
    listener->live(listener->arg, g->node, "copy", lab_str_get(&text));
}

/* Not recorded: a copy is no gate of the lab's. */
static void show_copied(void *arg, const struct lab_copied *file)
{
    struct copying *g = arg;
    const struct lab_listener *listener = g->run->listener;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_str_addf(&text, "%s (", file->to);
    lab_put_size(&text, file->bytes);
    if (file->was_there)
        lab_str_add(&text, lab_tr(", was there already"));
    else if (file->resumed_at)
        lab_put_size((lab_str_add(&text, lab_tr(", gone on from ")), &text), file->resumed_at);
    lab_str_add(&text, ")");
    const struct lab_event e = {plat_wall_ms(), (char *)g->node, (char *)"copy", (char *)"passed",
                                (char *)lab_str_get(&text)};
    if (listener->event)
        listener->event(listener->arg, &e);
    if (g->options->copied)
        g->options->copied(g->options->arg, file);
}

static void show_skipped(void *arg, const char *path, const char *why)
{
    struct copying *g = arg;
    lab_run_warning(g->run, "'%s' is not copied: it is %s", path, why);
}

static int copy(struct copying *g, struct lab_error *err)
{
    struct lab_run *run = g->run;
    const struct lab_copy_options *o = g->options;
    LAB_AUTOFREE const char **paths = lab_calloc(o->from_len, sizeof(*paths));
    const char *to;
    bool up;
    if (sort_out(g, paths, &to, &up, err) ||
        lab_visit_open(&g->visit, run, lab_node_records_find(&run->records, g->node), err))
        return -1;
    const struct lab_copier copier = {.loop = &run->loop,
                                      .guest = g->visit.guest,
                                      .sudo = o->sudo && strcmp(lab_run_user(run), "root") != 0,
                                      .recursive = o->recursive,
                                      .stop = stop,
                                      .progress = show_progress,
                                      .copied = show_copied,
                                      .skipped = show_skipped,
                                      .arg = g};
    return up ? lab_copy_up(&copier, paths, o->from_len, to, err)
              : lab_copy_down(&copier, paths, o->from_len, to, err);
}

int lab_copy(struct lab_run *run, const struct lab_copy_options *options, struct lab_error *err)
{
    struct copying g = {.run = run, .options = options};
    if (lab_need_lab(run, err) || lab_prepare_keys(run, err))
        return -1;
    int rc = copy(&g, err);
    lab_visit_close(&g.visit);
    return rc;
}
